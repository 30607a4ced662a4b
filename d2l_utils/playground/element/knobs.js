// The sliders: one for each hyperparameter of a rule.

import { STOPS, exact, nearestStop } from "./numbers.js";
import { KNOBS } from "./setting.js";

// A slider for each hyperparameter of a rule, at its value; onInput gets its name and the stop that it was moved to.
export function showKnobs(rows, rule, knobs, onInput) {
  const shown = [rule, ...Object.keys(knobs)].join();
  if (rows.dataset.shown !== shown) rows.replaceChildren(...knobRows(Object.keys(knobs), onInput));
  rows.dataset.shown = shown;
  Object.values(knobs).forEach((value, i) => {
    showKnob(rows.children[i], value);
  });
}

function knobRows(names, onInput) {
  return names.map((name) => {
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

function showKnob(row, value) {
  const slider = row.querySelector("input");
  const output = row.querySelector("output");
  slider.value = nearestStop(slider.dataset.knob, value);
  output.textContent = exact(value);
  slider.setAttribute("aria-valuetext", exact(value));
}
