// Which optimizers are shown, and with which hyperparameters.

import { defaultKnobs, inOrder } from "./setting.js";

// Each method takes a setting and returns what changes in it. An optimizer that comes back has the knobs that it left
// with, if the surface is still the same.
export class Choice {
  remembered = new Map();

  knobsOf({ surface }, rule) {
    return this.remembered.get(`${rule} ${surface}`) ?? defaultKnobs(rule, surface);
  }

  // Another optimizer to look at; one that is not shown comes to the others.
  activate(setting, rule) {
    const runs = { [rule]: this.knobsOf(setting, rule), ...setting.runs };
    return { runs: inOrder(runs), active: rule };
  }

  show(setting, rule) {
    return { runs: inOrder({ ...setting.runs, [rule]: this.knobsOf(setting, rule) }) };
  }

  hide({ surface, runs, active }, rule) {
    const { [rule]: left, ...others } = runs;
    this.remembered.set(`${rule} ${surface}`, left);
    return { runs: others, active: active in others ? active : Object.keys(others)[0] };
  }
}
