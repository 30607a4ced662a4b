// A program as the pure function that d2l_utils.train runs.

import { _ } from "./say.js";

const TIGHT = { "+": 1, "-": 1, "*": 2, "/": 2, neg: 3, "^": 4 };
const ATOM = 5;
const IN_PYTHON = { sqrt: "sqrt", min: "np.minimum", max: "np.maximum", norm: "np.linalg.norm" };

const tightness = ({ op }) => TIGHT[op] ?? ATOM;
const within = (tree, least) => (tightness(tree) < least ? `(${expression(tree)})` : expression(tree));

function expression(tree) {
  const { op, args } = tree;
  if (op === "name") return tree.name;
  if (op === "number") return String(Number(tree.raw));
  if (op === "neg") return `-${within(args[0], TIGHT.neg)}`;
  if (op === "^") return `${base(args[0])} ** ${within(args[1], TIGHT.neg)}`;
  if (!TIGHT[op]) return `${IN_PYTHON[op] ?? `np.${op}`}(${args.map(expression).join(", ")})`;
  return `${within(args[0], TIGHT[op])} ${op} ${within(args[1], TIGHT[op] + 1)}`;
}

// Whole numbers have no end in Python: to a high power one would take for ever.
const base = (tree) => (tree.op === "number" ? Number(tree.raw).toFixed(1) : within(tree, ATOM));

const tuple = (names) => (names.length === 1 ? `(${names[0]},)` : `(${names.join(", ")})`);

export function toPython({ statements, state, knobs, countsSteps }, values) {
  const names = countsSteps ? [...state, "t"] : state;
  const lines = statements.map(({ targets, trees }) => `${targets.join(", ")} = ${trees.map(expression).join(", ")}`);
  const given = ["x", "g", `state=${tuple(names.map(() => 0))}`, ...knobs.map((name) => `${name}=${values[name]}`)];
  const body = [
    ...(names.length ? [`${names.length > 1 ? names.join(", ") : tuple(names)} = state`] : []),
    ...(countsSteps ? ["t = t + 1"] : []),
    ...lines,
    `return x, ${names.length ? tuple(names) : "state"}`,
  ];
  const written = [`def your_rule(${given.join(", ")}):`, ...body.map((line) => `    ${line}`)].join("\n");
  const imports = [
    ...(/\bsqrt\(/.test(written)
      ? [`from d2l_utils.rules import sqrt  # ${_("outside the book: from numpy import sqrt")}`]
      : []),
    ...(/\bnp\./.test(written) ? ["import numpy as np"] : []),
  ];
  return `${[...imports, ...(imports.length ? ["", ""] : []), written].join("\n")}\n`;
}
