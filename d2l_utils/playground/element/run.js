// A setting becomes one trace for each of its rules: what d2l_utils.descent.descend records, and what is drawn.

import { stepper } from "./evaluate.js";
import { read } from "./program.js";
import { EFFECTIVE, ROOTS, SLOTS, UPDATES } from "./rules.js";
import { OBJECTIVES } from "./surfaces.js";

// A step of a rule: from a point, the gradient there, what is remembered (null before the first) and the step's number.
function ofBook(rule, knobs) {
  const update = UPDATES[rule];
  const zeros = new Array(SLOTS[rule]).fill(0);
  return (point, slope, memory) => {
    const before = memory ?? point.map(() => zeros);
    const moved = point.map((x, i) => update(x, slope[i], before[i], knobs));
    const after = moved.map(([, state]) => state);
    const effective = after.map((state, i) => EFFECTIVE[rule](knobs, state, before[i], slope[i]));
    return { point: moved.map(([x]) => x), memory: after, effective };
  };
}

// What a typed rule multiplied the gradient by is seen from outside: by the way that it went.
function ofReader(text, knobs) {
  const step = stepper(read(text).program, knobs);
  return (point, slope, memory, t) => {
    const moved = step(point, slope, memory, t);
    return { ...moved, effective: moved.point.map((x, i) => Math.abs((x - point[i]) / slope[i])) };
  };
}

function trace(rule, knobs, { surface, start, num_steps, seed, text }) {
  const { f, gradient } = OBJECTIVES[surface];
  const step = rule === "own" ? ofReader(text, knobs) : ofBook(rule, knobs);
  let point = start;
  let memory = null;
  const made = { rule, knobs, points: [point], losses: [f(...point)], gradients: [], states: [], effective: [] };
  made.diverged_at = null;
  while (made.diverged_at === null && made.gradients.length < num_steps) {
    const t = made.gradients.length + 1;
    const slope = gradient(point[0], point[1], t, seed);
    const moved = step(point, slope, memory, t);
    ({ point, memory } = moved);
    made.effective.push(moved.effective);
    made.gradients.push(slope);
    made.states.push(memory);
    made.points.push(point);
    made.losses.push(f(...point));
    if (![...point, made.losses.at(-1)].every(Number.isFinite)) made.diverged_at = t;
  }
  return made;
}

export function run(setting) {
  return Object.fromEntries(Object.entries(setting.runs).map(([rule, knobs]) => [rule, trace(rule, knobs, setting)]));
}

// What step t did, t from 1 on: where it left from, the gradient there, the root of each coordinate, and its own length.
export function stepOf(made, t) {
  const from = made.points[t - 1];
  const to = made.points[t];
  const root = ROOTS[made.rule];
  return {
    from,
    gradient: made.gradients[t - 1],
    roots: root && made.states[t - 1].map((state) => root(state, made.knobs)),
    step: to.map((x, i) => x - from[i]),
  };
}
