// The sliders: one for each hyperparameter of a rule.

import { RULES } from "./facts.js";
import { STOPS, exact, nearestStop } from "./numbers.js";
import { KNOBS } from "./setting.js";

// A slider for each hyperparameter of a rule; onInput gets its name and the stop that it was moved to.
export function knobRows(rule, onInput) {
  return Object.keys(RULES[rule].knobs).map((name) => {
    const row = document.createElement("label");
    const range = `type="range" min="0" max="${STOPS[name].length - 1}" step="1"`;
    row.innerHTML = `<span>${KNOBS[name].title}</span> <input ${range}> <output></output>`;
    const slider = row.querySelector("input");
    slider.dataset.knob = name;
    slider.setAttribute("aria-label", KNOBS[name].title);
    slider.addEventListener("input", () => onInput(name, STOPS[name][slider.value]));
    return row;
  });
}

export function showKnob(row, value) {
  const slider = row.querySelector("input");
  const output = row.querySelector("output");
  slider.value = nearestStop(slider.dataset.knob, value);
  output.textContent = exact(value);
  slider.setAttribute("aria-valuetext", exact(value));
}
