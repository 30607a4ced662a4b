// A setting says all that a picture depends on. Here its defaults, and the check of one that came from outside.

import { MOST_STEPS, RULES, SURFACES } from "./facts.js";
import { clamp, said } from "./numbers.js";
import { read } from "./program.js";
import { _ } from "./say.js";

const share = (value) => Number.isFinite(value) && value >= 0 && value <= 1;
const notBelowZero = (value) => Number.isFinite(value) && value >= 0;
export const KNOBS = {
  lr: { title: _("learning rate η"), fits: (value) => Number.isFinite(value) && value > 0 },
  mu: { title: _("momentum μ"), fits: share },
  gamma: { title: _("decay γ"), fits: share },
  beta: { title: _("decay β"), fits: share },
  rho: { title: _("decay ρ"), fits: share },
  beta1: { title: _("decay β₁"), fits: share },
  beta2: { title: _("decay β₂"), fits: share },
  eps: { title: "ε", fits: notBelowZero },
  weight_decay: { title: _("weight decay λ"), fits: notBelowZero },
};

// The names of the knobs that a rule has, the typed one by its text.
export function knobsIn(rule, text) {
  if (rule === "own") return read(text ?? "").program?.knobs ?? [];
  return Object.keys(RULES[rule].knobs);
}

export function defaultKnobs(rule, surface, text) {
  const all = { ...RULES[rule].knobs, ...SURFACES[surface].knobs[rule] };
  return Object.fromEntries(knobsIn(rule, text).map((name) => [name, all[name]]));
}

function defaultSetting(surface = "ravine", rule = "rmsprop") {
  const { start, num_steps } = SURFACES[surface];
  const runs = { [rule]: defaultKnobs(rule, surface) };
  return { surface, start, num_steps, seed: 0, runs, active: rule, step: num_steps };
}

// What is no JSON is no setting either, and checked says so.
export function fromJSON(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const isNameIn = (table) => (name) => typeof name === "string" && Object.hasOwn(table, name);
const isCount = (least, most) => (value) => Number.isInteger(value) && value >= least && value <= most;
export const inView = (surface) => (point) =>
  Array.isArray(point) &&
  point.length === 2 &&
  point.every(Number.isFinite) &&
  ["x1", "x2"].every((axis, i) => point[i] >= SURFACES[surface][axis][0] && point[i] <= SURFACES[surface][axis][1]);

const isReadable = (text) => typeof text === "string" && read(text).program !== undefined;

const PARTS = { ...defaultSetting(), text: "" };

// The setting that a given one means, and the names of what had to be ignored in it.
export function checked(given) {
  if (!isObject(given)) return { setting: defaultSetting(), ignored: ["setting"] };
  const ignored = Object.keys(given).filter((name) => !Object.hasOwn(PARTS, name));
  const take = (name, fits, otherwise) => {
    if (given[name] === undefined) return otherwise;
    if (!fits(given[name])) ignored.push(name);
    return fits(given[name]) ? given[name] : otherwise;
  };
  const surface = take("surface", isNameIn(SURFACES), "ravine");
  const defaults = defaultSetting(surface);
  const text = take("text", isReadable);
  const runs = checkedRuns(take("runs", isObject, defaults.runs), surface, ignored, text);
  const num_steps = take("num_steps", isCount(1, MOST_STEPS), defaults.num_steps);
  const setting = {
    surface,
    start: take("start", inView(surface), defaults.start),
    num_steps,
    seed: take("seed", isCount(0, 2 ** 32 - 1), 0),
    runs,
    active: take("active", isNameIn(runs), Object.keys(runs)[0]),
    step: take("step", isCount(0, num_steps), num_steps),
    ...(runs.own && { text }),
  };
  return { setting, ignored };
}

function checkedRuns(given, surface, ignored, text) {
  const fits = (rule, knobs) =>
    isObject(knobs) &&
    Object.hasOwn(RULES, rule) &&
    (rule !== "own" || text !== undefined) &&
    Object.keys(knobs).every((name) => knobsIn(rule, text).includes(name) && KNOBS[name].fits(knobs[name]));
  const good = Object.entries(given).filter(([rule, knobs]) => fits(rule, knobs));
  ignored.push(...Object.keys(given).filter((rule) => !good.some(([name]) => name === rule)));
  const runs = Object.fromEntries(
    good.map(([rule, knobs]) => [rule, { ...defaultKnobs(rule, surface, text), ...knobs }]),
  );
  return good.length ? inOrder(runs) : defaultSetting(surface).runs;
}

// What may be typed into a field, in words.
export function allowed(name, surface) {
  if (name === "num_steps") return _("steps: a whole number from 1 to {most}.", { most: MOST_STEPS });
  if (name === "seed") return _("seed: a whole number from 0 to {most}.", { most: 2 ** 32 - 1 });
  const axis = name.replace("start", "x");
  const [low, high] = SURFACES[surface][axis].map((end) => said(end, 4));
  return _("start {axis}: {low} to {high}.", { axis, low, high });
}

export function inOrder(runs) {
  return Object.fromEntries(
    Object.keys(RULES)
      .filter((rule) => rule in runs)
      .map((rule) => [rule, runs[rule]]),
  );
}

// The step to show where there are so many: the last of all stays the last, another stays the same while it exists.
export const sameStep = ({ step, num_steps }, now) => (step === num_steps ? now : Math.min(step, now));

// On another surface, whatever was left at the old one's default follows to the new one's.
export function onSurface(setting, surface) {
  const old = SURFACES[setting.surface];
  const its = SURFACES[surface];
  const moved = String(setting.start) !== String(old.start);
  const num_steps = setting.num_steps === old.num_steps ? its.num_steps : setting.num_steps;
  const runs = Object.entries(setting.runs).map(([rule, knobs]) => {
    const before = defaultKnobs(rule, setting.surface, setting.text);
    const after = defaultKnobs(rule, surface, setting.text);
    const follow = ([name, value]) => [name, value === before[name] ? after[name] : value];
    return [rule, Object.fromEntries(Object.entries(knobs).map(follow))];
  });
  const start = moved ? [clamp(setting.start[0], ...its.x1), clamp(setting.start[1], ...its.x2)] : its.start;
  const step = sameStep(setting, num_steps);
  return { ...setting, surface, start, num_steps, runs: Object.fromEntries(runs), step };
}
