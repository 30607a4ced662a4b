// The table of a run's steps.

import { RULES } from "./facts.js";
import { said } from "./numbers.js";
import { stepOf } from "./run.js";
import { _ } from "./say.js";
import { sentence } from "./words.js";

export function tableOf(made) {
  const { title, root } = RULES[made.rule];
  const pairs = (axis) => [
    _("gradient {axis}", { axis }),
    ...(root ? [`${root} ${axis}`] : []),
    _("step {axis}", { axis }),
    _("effective step {axis}", { axis }),
  ];
  const [first, second] = ["x1", "x2"].map(pairs);
  const names = [_("step"), "x1", "x2", _("loss"), ...first.flatMap((name, i) => [name, second[i]])];
  const table = document.createElement("table");
  table.createCaption().textContent = _(
    "{rule}, a row for each step: the point it leads to and the loss there, the gradient at the point before, " +
      "and what the step makes of it.",
    { rule: sentence(title) },
  );
  table
    .createTHead()
    .insertRow()
    .append(...names.map((name) => cell("th", name, "col")));
  const body = table.createTBody();
  made.points.forEach((_step, t) => {
    const numbers = rowOf(made, t);
    const texts = names.slice(1).map((_name, i) => (i < numbers.length ? said(numbers[i], 6) : "–"));
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
