// The element's outside: it shows a setting and its runs in pictures, controls and words, and changes neither.

import { CurvePanel, SECOND } from "./curves.js";
import { RULES, SURFACES } from "./facts.js";
import { showKnobs } from "./knobs.js";
import { icon, layout } from "./layout.js";
import { MapPanel } from "./map.js";
import { strokeOf } from "./marks.js";
import { _ } from "./say.js";
import { tableOf } from "./table.js";
import { withNextFrame } from "./timing.js";
import { Typing } from "./typing.js";
import { keyOf, statusOf } from "./words.js";
// biome-ignore lint/correctness/noUnresolvedImports: a text, which d2l_utils/playground/bundle.py puts here.
import STYLE from "../style.css" with { type: "text" };

const WIDE = 620; // pixels, from which the pictures stand beside each other
const GAP = 20;
const NARROWEST = 160; // below it there is no room for a picture between its margins
export const TYPED = ["start1", "start2", "num_steps", "seed"];

export class View {
  // In a shadow root. It calls onStart with a point that the start was dragged to, onKnob with a hyperparameter's name
  // and value, onText and onBreak (see Typing), and onResize once it has another width, when all is to be drawn again.
  constructor(root, { onStart, onKnob, onResize, ...onTyping }) {
    root.innerHTML = layout();
    root.prepend(Object.assign(document.createElement("style"), { textContent: STYLE }));
    const parts = [...root.querySelectorAll("[data-part]")];
    this.parts = Object.fromEntries(parts.map((part) => [part.dataset.part, part]));
    this.onKnob = onKnob;
    this.onResize = onResize;
    this.map = new MapPanel(this.parts.map, onStart);
    this.loss = new CurvePanel(this.parts.loss, _("loss"));
    this.rate = new CurvePanel(this.parts.rate, _("effective step"), ["x1", "x2"]);
    this.typing = new Typing(this.parts, onTyping);
    this.app = root.querySelector(".app");
    // Not within the observer's own turn: the heights that it changes would have it called again, which is an error.
    new ResizeObserver(withNextFrame(() => this.resize())).observe(this.app);
  }

  resize() {
    const seen = this.app.getBoundingClientRect().width;
    if (seen === 0 || seen === this.width) return;
    this.width = seen;
    const width = Math.max(seen, NARROWEST);
    const wide = width >= WIDE;
    const aside = wide ? Math.floor((width - GAP) * 0.4) : width;
    this.map.resize(wide ? width - GAP - aside : width);
    const height = wide ? Math.floor(this.map.frame.height / 2) : 170;
    for (const panel of [this.loss, this.rate]) panel.resize(aside, height);
    this.onResize();
  }

  // All that stays the same from step to step.
  drawRuns(setting, traces) {
    this.map.drawSurface(setting.surface);
    this.map.drawPaths(setting, traces);
    this.drawLosses(setting, traces);
    this.trace = traces[setting.active];
    this.drawRates(setting);
    this.showControls(setting);
    this.showTable();
  }

  drawLosses({ active, num_steps }, traces) {
    const inFront = Object.values(traces).sort((a, b) => (a.rule === active) - (b.rule === active));
    const series = inFront.map(({ rule, losses }) => {
      const stroke = strokeOf(rule, rule === active ? 2 : 1.25, num_steps);
      return { values: losses, first: 0, stroke, marker: RULES[rule].marker };
    });
    this.loss.draw(series, num_steps, 1000 * traces[active].losses[0]);
  }

  drawRates({ num_steps }) {
    const { rule, effective } = this.trace;
    const stroke = { stroke: RULES[rule].colour, "stroke-width": 1.75, fill: "none" };
    const series = SECOND.map((dashes, i) => ({
      values: effective.map((pair) => pair[i]),
      first: 1,
      stroke: { ...stroke, "stroke-dasharray": dashes },
    }));
    this.rate.draw(series, num_steps);
  }

  // The line that is seen is always true: it has the notice, or tells where the run is.
  drawStep(setting, traces, notice) {
    for (const panel of [this.map, this.loss, this.rate]) panel.drawStep(setting);
    const words = _("step {step} of {steps}", { step: setting.step, steps: setting.num_steps });
    this.parts.step.value = setting.step;
    this.parts.step.setAttribute("aria-valuetext", words);
    this.parts.stepText.textContent = words;
    this.showKey();
    this.parts.line.textContent = notice || statusOf(setting, traces);
  }

  showKey() {
    const key = keyOf(this.trace, this.map.unit);
    if (key !== this.keyShown) this.parts.key.innerHTML = key;
    this.keyShown = key;
  }

  showControls({ surface, start, num_steps, seed, runs, active, text }) {
    const { parts } = this;
    const values = { surface, active, start1: start[0], start2: start[1], num_steps, seed };
    for (const [name, value] of Object.entries(values)) parts[name].value = value;
    parts.formula.textContent = _(SURFACES[surface].formula);
    ["x1", "x2"].forEach((axis, i) => {
      const [low, high] = SURFACES[surface][axis];
      Object.assign(parts[`start${i + 1}`], { min: low, max: high });
    });
    parts.seedLabel.hidden = surface !== "noisy";
    parts.step.max = num_steps;
    for (const box of parts.overlays.querySelectorAll("input")) {
      box.checked = box.value in runs;
      box.disabled = box.checked && Object.keys(runs).length === 1;
    }
    showKnobs(parts.knobs, active, runs[active], this.onKnob);
    this.typing.show(active === "own" ? text : undefined);
  }

  // The numbers in the fields that are typed into; NaN where one is no number.
  typed() {
    const [start1, start2, num_steps, seed] = TYPED.map((field) => this.parts[field].valueAsNumber);
    return { start: [start1, start2], num_steps, seed };
  }

  // From which rule the typed one may start again.
  showAnew(rule) {
    this.parts.anew.textContent = _("start from {rule}", { rule: RULES[rule].title });
  }

  showPlaying(playing) {
    this.parts.play.innerHTML = icon(playing ? "pause" : "play");
    this.parts.play.setAttribute("aria-label", playing ? _("pause") : _("play"));
  }

  showTable() {
    const { details, table } = this.parts;
    table.replaceChildren(...(details.open && this.trace ? [tableOf(this.trace)] : []));
  }

  // Has the words of the line spoken, once all is at rest.
  speak() {
    const { status, line } = this.parts;
    if (status.textContent !== line.textContent) status.textContent = line.textContent;
  }
}
