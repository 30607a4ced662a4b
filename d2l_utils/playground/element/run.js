// A setting becomes one trace for each of its rules: what d2l_utils.descent.descend records, and what is drawn.

import { EFFECTIVE, ROOTS, SLOTS, UPDATES } from "./rules.js";
import { OBJECTIVES } from "./surfaces.js";

function trace(rule, knobs, { surface, start, num_steps, seed }) {
  const { f, gradient } = OBJECTIVES[surface];
  const update = UPDATES[rule];
  let point = start;
  let state = point.map(() => new Array(SLOTS[rule]).fill(0));
  const made = { rule, knobs, points: [point], losses: [f(...point)], gradients: [], states: [], effective: [] };
  made.diverged_at = null;
  while (made.diverged_at === null && made.gradients.length < num_steps) {
    const slope = gradient(point[0], point[1], made.gradients.length + 1, seed);
    const moved = point.map((x, i) => update(x, slope[i], state[i], knobs));
    made.effective.push(moved.map(([, after], i) => EFFECTIVE[rule](knobs, after, state[i], slope[i])));
    point = moved.map(([x]) => x);
    state = moved.map(([, after]) => after);
    made.gradients.push(slope);
    made.states.push(state);
    made.points.push(point);
    made.losses.push(f(...point));
    if (![...point, made.losses.at(-1)].every(Number.isFinite)) made.diverged_at = made.gradients.length;
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
