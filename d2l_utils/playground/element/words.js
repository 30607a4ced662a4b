// What the picture says in words: where a run is and ends, and the key of the arrows.

import { arrow, bar } from "./arrows.js";
import { RULES } from "./facts.js";
import { exact, place, said } from "./numbers.js";
import { _, listed, ngettext, sentences } from "./say.js";
import { inView } from "./setting.js";

const FAR = 1e90; // a loss; who was not as far away did not leave all numbers behind by walking

export function statusOf({ surface, step, active }, traces) {
  const made = traces[active];
  const last = made.gradients.length;
  const at = Math.min(step, last);
  const sees = inView(surface);
  const words = [];
  if (at < last) words.push(isAt(sees(made.points[at]), at, valuesOf(made, at)));
  if (made.diverged_at === null) words.push(endsAt(sees(made.points[last]), last, valuesOf(made, last)));
  const diverged = Object.values(traces).filter(({ diverged_at }) => diverged_at !== null);
  for (const { rule, diverged_at, losses } of diverged) {
    const values = { name: RULES[rule].title, step: diverged_at };
    words.push(
      Math.abs(losses.at(-2)) < FAR
        ? _("{name} has no number after step {step}: divided by 0, or a root of a negative number?", values)
        : _("{name} diverges: not finite after step {step}.", values),
    );
  }
  return sentences(words.map(sentence));
}

function valuesOf({ rule, points, losses }, t) {
  return { name: RULES[rule].title, place: place(points[t], 3), loss: said(losses[t]) };
}

function isAt(isSeen, step, values) {
  if (isSeen) return _("{name} at step {step}: {place}, loss {loss}.", { step, ...values });
  return _("{name} at step {step}: {place}, loss {loss}: outside the picture.", { step, ...values });
}

function endsAt(isSeen, n, values) {
  if (isSeen) {
    return ngettext(
      "{name} ends at {place} after {n} step, loss {loss}.",
      "{name} ends at {place} after {n} steps, loss {loss}.",
      n,
      values,
    );
  }
  return ngettext(
    "{name} ends at {place} after {n} step, loss {loss}: outside the picture.",
    "{name} ends at {place} after {n} steps, loss {loss}: outside the picture.",
    n,
    values,
  );
}

export const sentence = (words) => words[0].toUpperCase() + words.slice(1);

const MOST_NAMES = 9;
const LONGEST_NAME = 20; // characters

// Names come from an address, which may hold anything.
export function notUnderstood(names) {
  if (!names.length) return "";
  const short = (name) => (name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name);
  const shown = names.slice(0, MOST_NAMES).map(short);
  if (names.length > MOST_NAMES) shown.push(_("and {n} more", { n: names.length - MOST_NAMES }));
  return _("Not understood, and left at its default: {names}.", { names: listed(shown) });
}

// Samples of the arrows with their scales, as HTML; all of it is our own.
export function keyOf(made, unit) {
  const drawing = (name, path, stroke = "") =>
    `<svg viewBox="0 0 26 12" width="26" height="12" aria-hidden="true">
      <path class="${name}" d="${path}" stroke="${stroke}"/></svg>`;
  const { colour, root } = RULES[made.rule];
  const scale = unit === null || unit === 1 ? "" : ` × ${exact(unit)}`;
  const parts = [
    _("{arrow} step", { arrow: drawing("step", arrow(1, 6, 24, 0), colour) }),
    _("{arrow} −gradient{scale}", { arrow: drawing("gradient", arrow(1, 6, 24, 0)), scale }),
    root && _("{bar} bars: {root} of each coordinate{scale}", { bar: drawing("root", bar(2, 6, 22, 0)), root, scale }),
  ];
  return parts
    .filter(Boolean)
    .map((part) => `<span>${part}</span>`)
    .join(" ");
}
