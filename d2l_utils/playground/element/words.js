// What the picture says in words: where a run is and ends, and the key of the arrows.

import { arrow, bar } from "./arrows.js";
import { RULES } from "./facts.js";
import { exact, place, said } from "./numbers.js";
import { inView } from "./setting.js";

export function statusOf({ surface, step, active }, traces) {
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

export const sentence = (words) => words[0].toUpperCase() + words.slice(1);

const MOST_NAMES = 9;
const LONGEST_NAME = 20; // characters

// Names come from an address, which may hold anything.
export function notUnderstood(names) {
  if (!names.length) return "";
  const short = (name) => (name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name);
  const shown = names.slice(0, MOST_NAMES).map(short);
  if (names.length > MOST_NAMES) shown.push(`and ${names.length - MOST_NAMES} more`);
  return `Not understood, and left at its default: ${shown.join(", ")}.`;
}

// Samples of the arrows with their scales, as HTML; all of it is our own.
export function keyOf(made, unit) {
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
