// What the picture says in words: where a run is and ends, the key of the arrows, and the table of its steps.

function statusOf({ surface, step, active }, traces) {
  const made = traces[active];
  const last = made.gradients.length;
  const name = RULES[active].title;
  const at = Math.min(step, last);
  const where = (t) => (inView(surface)(made.points[t]) ? "." : ": outside the picture.");
  const words = [];
  if (at < last) {
    words.push(`${name} at step ${at}: ${place(made.points[at], 3)}, loss ${said(made.losses[at])}${where(at)}`);
  }
  if (made.diverged_at === null) {
    const ends = `${name} ends at ${place(made.points[last], 3)} after ${last} steps, loss ${said(made.losses[last])}`;
    words.push(ends + where(last));
  }
  const diverged = Object.values(traces).filter(({ diverged_at }) => diverged_at !== null);
  for (const { rule, diverged_at } of diverged) {
    words.push(`${RULES[rule].title} diverges: not finite after step ${diverged_at}.`);
  }
  return words.map(sentence).join(" ");
}

const sentence = (words) => words[0].toUpperCase() + words.slice(1);

const notUnderstood = (names) => (names.length ? `Not understood, and left at its default: ${names.join(", ")}.` : "");

// Samples of the arrows with their scales, as HTML; all of it is our own.
function keyOf(made, unit) {
  const drawing = (name, path, stroke = "") =>
    `<svg viewBox="0 0 26 12" width="26" height="12" aria-hidden="true">
      <path class="${name}" d="${path}" stroke="${stroke}"/></svg>`;
  const { colour, root } = RULES[made.rule];
  const scale = unit === null || unit === 1 ? "" : ` × ${exact(unit)}`;
  const parts = [
    `${drawing("step", arrow(1, 6, 24, 0), colour)} step`,
    `${drawing("gradient", arrow(1, 6, 24, 0))} −gradient${scale}`,
    ...(root ? [`${drawing("root", bar(2, 6, 22, 0))} bars: ${root} of each coordinate${scale}`] : []),
  ];
  return parts.map((part) => `<span>${part}</span>`).join(" ");
}

function tableOf(made) {
  const { title, root } = RULES[made.rule];
  const pairs = ["gradient", ...(root ? [root] : []), "step", "effective step"];
  const names = ["step", "x1", "x2", "loss", ...pairs.flatMap((name) => [`${name} x1`, `${name} x2`])];
  const table = document.createElement("table");
  table.createCaption().textContent =
    `${sentence(title)}, a row for each step: the point it leads to and the loss there, the gradient at the point ` +
    `before, and what the step makes of it.`;
  table.createTHead().insertRow().append(...names.map((name) => cell("th", name, "col")));
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
