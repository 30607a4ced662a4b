// What the picture says in words: where a run is and ends, the key of the arrows, and the table of its steps.

function statusOf({ surface, step, active }, traces) {
  const made = traces[active];
  const last = made.gradients.length;
  const name = RULES[active].title;
  const at = Math.min(step, last);
  const words = [];
  if (at < last) words.push(`${name} at step ${at}: ${place(made.points[at], 3)}, loss ${said(made.losses[at])}.`);
  if (made.diverged_at === null) {
    const ends = `${name} ends at ${place(made.points[last], 3)} after ${last} steps, loss ${said(made.losses[last])}`;
    words.push(inView(surface)(made.points[last]) ? `${ends}.` : `${ends}: outside the picture.`);
  }
  const diverged = Object.values(traces).filter(({ diverged_at }) => diverged_at !== null);
  for (const { rule, diverged_at } of diverged) {
    words.push(`${RULES[rule].title} diverges: not finite after step ${diverged_at}.`);
  }
  return words.join(" ");
}

// Samples of the arrows with their scales, as HTML; all of it is our own.
function keyOf(made, unit) {
  const drawing = (name, path, colour = "") =>
    `<svg viewBox="0 0 26 12" width="26" height="12" aria-hidden="true">
      <path class="${name}" d="${path}" stroke="${colour}"/></svg>`;
  const scale = unit === null || unit === 1 ? "" : ` × ${exact(unit)}`;
  const parts = [
    `${drawing("step", arrow(1, 6, 24, 0), RULES[made.rule].colour)} step`,
    `${drawing("gradient", arrow(1, 6, 24, 0))} −gradient${scale}`,
    ...(ROOTS[made.rule] ? [`${drawing("root", bar(1, 6, 22, 0))} √s of each coordinate${scale}`] : []),
  ];
  return parts.map((part) => `<span>${part}</span>`).join(" ");
}

const COLUMNS = ["step", "x1", "x2", "loss", "gradient 1", "gradient 2", "√s 1", "√s 2", "effective 1", "effective 2"];

function tableOf(made) {
  const table = document.createElement("table");
  const caption = table.createCaption();
  caption.textContent = `${RULES[made.rule].title}: where each step leads, and what it makes of which gradient`;
  const head = table.createTHead().insertRow();
  for (const name of COLUMNS) head.append(cell("th", name, "col"));
  const body = table.createTBody();
  made.points.forEach((point, t) => {
    const { gradient = [], roots = [] } = t ? stepOf(made, t) : {};
    const both = (numbers) => [0, 1].map((i) => numbers?.[i]);
    const effective = t ? made.effective[t - 1] : [];
    const numbers = [...point, made.losses[t], ...[gradient, roots, effective].flatMap(both)];
    const texts = numbers.map((number) => (number === undefined ? "–" : said(number, 6)));
    body.insertRow().append(cell("th", t, "row"), ...texts.map((text) => cell("td", text)));
  });
  return table;
}

function cell(tag, text, scope) {
  const made = document.createElement(tag);
  made.textContent = text;
  if (scope) made.scope = scope;
  return made;
}
