// The table of a run's steps.

import { RULES } from "./facts.js";
import { said } from "./numbers.js";
import { stepOf } from "./run.js";
import { sentence } from "./words.js";

export function tableOf(made) {
  const { title, root } = RULES[made.rule];
  const pairs = ["gradient", ...(root ? [root] : []), "step", "effective step"];
  const names = ["step", "x1", "x2", "loss", ...pairs.flatMap((name) => [`${name} x1`, `${name} x2`])];
  const table = document.createElement("table");
  table.createCaption().textContent =
    `${sentence(title)}, a row for each step: the point it leads to and the loss there, the gradient at the point ` +
    `before, and what the step makes of it.`;
  table
    .createTHead()
    .insertRow()
    .append(...names.map((name) => cell("th", name, "col")));
  const body = table.createTBody();
  made.points.forEach((_, t) => {
    const numbers = rowOf(made, t);
    const texts = names.slice(1).map((_, i) => (i < numbers.length ? said(numbers[i], 6) : "–"));
    body.insertRow().append(cell("th", t, "row"), ...texts.map((text) => cell("td", text)));
  });
  return table;
}

// The numbers of step t; before the first there are a point and a loss only.
function rowOf(made, t) {
  const reached = [...made.points[t], made.losses[t]];
  if (t === 0) return reached;
  const { gradient, roots = [], step } = stepOf(made, t);
  return [...reached, ...gradient, ...roots, ...step, ...made.effective[t - 1]];
}

function cell(tag, text, scope) {
  const made = document.createElement(tag);
  made.textContent = text;
  if (scope) made.scope = scope;
  return made;
}
