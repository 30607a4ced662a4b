// Which optimizers are shown, and with which hyperparameters.

import { RULES } from "./facts.js";
import { read } from "./program.js";
import { defaultKnobs, inOrder } from "./setting.js";

const FORMULAS = Object.values(RULES).map(({ formula = "" }) => formula);

// Each method takes a setting and returns what changes in it. An optimizer that comes back has the knobs that it left
// with, if the surface is still the same.
export class Choice {
  remembered = new Map();
  latest = { ...RULES.own.knobs }; // of the typed rule's knobs

  knobsOf({ surface }, rule) {
    return this.remembered.get(`${rule} ${surface}`) ?? defaultKnobs(rule, surface);
  }

  // Another optimizer to look at; one that is not shown comes to the others. What was only passed on the way to it goes.
  activate(setting, rule) {
    const from = setting.runs === this.passing?.runs ? this.passing.from : setting;
    const { runs, active, text } = from;
    if (active !== "own") this.before = active;
    const isThere = runs[rule] && !(rule === "own" && active !== "own" && this.isCopy(text));
    const changes = { runs, text, ...(!isThere && this.show(from, rule)), active: rule };
    this.passing = { from, runs: changes.runs };
    return changes;
  }

  // Another optimizer to compare with. The reader's rule, before it is written, is to be looked at: it lies on another.
  tick(setting, rule) {
    return rule === "own" && !this.isWritten ? this.activate(setting, rule) : this.show(setting, rule);
  }

  show(setting, rule) {
    if (rule === "own") return this.showOwn(setting);
    return { runs: inOrder({ ...setting.runs, [rule]: this.knobsOf(setting, rule) }) };
  }

  // The reader's rule is what it was; unless nothing was written yet, when it is a copy of the one that is looked at.
  showOwn({ active, runs, text }) {
    const copy = { text: RULES[active].formula, knobs: runs[active] };
    const left = this.isCopy(this.own?.text) ? copy : (this.own ?? copy);
    return this.write({ runs, text }, left.text, left.knobs);
  }

  // Whether nothing was written yet.
  isCopy(text) {
    return !this.isWritten && FORMULAS.includes(text ?? "");
  }

  // The rule of the book that the reader's may start from anew.
  bookRule({ runs, active }) {
    return [active, this.before, ...Object.keys(runs)].find((rule) => rule && rule !== "own") ?? "rmsprop";
  }

  // Another text: each of its knobs is where it was, or where a function's own defaults have just put it.
  write({ runs, text }, now, knobs) {
    this.isWritten = !knobs || this.isWritten;
    const { program } = read(text ?? "");
    const before = program?.defaults ?? {};
    const { knobs: names, defaults } = read(now).program;
    const knobOf = (name) => (defaults[name] === before[name] ? undefined : defaults[name]) ?? this.latest[name];
    Object.assign(this.latest, knobs ?? runs.own);
    const own = Object.fromEntries(names.map((name) => [name, knobOf(name)]));
    return { runs: inOrder({ ...runs, own }), text: now };
  }

  hide({ surface, runs, active, text }, rule) {
    const { [rule]: left, ...others } = runs;
    this.remembered.set(`${rule} ${surface}`, left);
    if (rule === "own") this.own = { text, knobs: left };
    return { runs: others, active: active in others ? active : Object.keys(others)[0] };
  }

  // Back to where all began; the reader's rule is there when it is asked for again.
  back(setting, initial) {
    if (setting.runs.own) this.hide(setting, "own");
    return initial;
  }
}
