// A program runs: it moves a point by one step, on numbers and on pairs of them, one for each coordinate.

import { power } from "./power.js";
import { isKnob } from "./facts.js";

const isNumber = (value) => typeof value === "number";
const first = (value) => (isNumber(value) ? value : value[0]);
const second = (value) => (isNumber(value) ? value : value[1]);
const each =
  (f) =>
  (a, b = 0) =>
    isNumber(a) && isNumber(b) ? f(a, b) : [f(first(a), first(b)), f(second(a), second(b))];
const over = (f) => (a) => (isNumber(a) ? f(a, 0) : f(...a));

const OPERATIONS = {
  "+": each((a, b) => a + b),
  "-": each((a, b) => a - b),
  "*": each((a, b) => a * b),
  "/": each((a, b) => a / b),
  "^": each((a, b) => (b === 2 ? a * a : a ** b)),
  ...Object.fromEntries(["sqrt", "abs", "sign", "exp", "log", "min", "max"].map((name) => [name, each(Math[name])])),
  neg: each((a) => -a),
  sum: over((a, b) => a + b),
  norm: over((a, b) => Math.sqrt(a * a + b * b)),
};
// A knob to the power of t, as the book's own rules have it: rounded once.
const share = each((base, t) => (base <= 1 ? power(base, t) : base ** t));

// A function of the values of all names.
function compiled(tree) {
  if (tree.op === "number") {
    const value = Number(tree.raw);
    return () => value;
  }
  if (tree.op === "name") return ({ [tree.name]: value }) => value;
  const [left, right] = tree.args.map(compiled);
  const [base, exponent] = tree.args;
  const isShare = tree.op === "^" && isKnob(base.name) && exponent.name === "t";
  const operation = isShare ? share : OPERATIONS[tree.op];
  return right ? (values) => operation(left(values), right(values)) : (values) => operation(left(values));
}

const compilations = new WeakMap();

// The step of a program: from a point, the gradient there, what is remembered, and the number of the step to the next
// point and what is remembered then.
export function stepper(program, knobs) {
  if (!compilations.has(program)) {
    const lines = program.statements.map(({ targets, trees }) => ({ targets, values: trees.map(compiled) }));
    compilations.set(program, lines);
  }
  const lines = compilations.get(program);
  const zero = Object.fromEntries(program.state.map((name) => [name, [0, 0]]));
  return (point, slope, memory, t) => {
    const now = { ...knobs, ...(memory ?? zero), x: point, g: slope, t: [t, t] };
    for (const { targets, values } of lines) {
      const news = values.map((value) => value(now));
      targets.forEach((name, i) => {
        now[name] = news[i];
      });
    }
    return { point: now.x, memory: Object.fromEntries(program.state.map((name) => [name, now[name]])) };
  };
}
