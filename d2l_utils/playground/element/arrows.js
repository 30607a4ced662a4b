// What one step was made of: arrows down the gradient and along the step, and bars as long as the roots.

import { RULES } from "./facts.js";
import { roundBelow } from "./numbers.js";
import { FAR, pair, svg } from "./svg.js";

const BESIDE = 14; // pixels from a point to its bars, so that neither its ring nor an arrow hides them
const SHORTEST = 4; // pixels of a bar

// How many units of the picture one unit of gradient is drawn long, so that the longest of a step's arrows takes
// a fair part of its height. Anew for each step: what counts is how the roots compare with the gradient there.
export function arrowUnit({ gradient, roots }, height) {
  const longest = Math.max(Math.hypot(...gradient), ...(roots ?? []));
  return longest > 0 && longest < Infinity ? roundBelow((0.35 * height) / longest) : 1;
}

export function arrows(map, made, { from, gradient, roots, step }, unit) {
  const x = map.x(from[0]);
  const y = map.y(from[1]);
  const pixels = ([a, b], unit) => [a * unit * map.scale, -b * unit * map.scale];
  const toGradient = arrow(x, y, ...pixels(gradient, -unit));
  const toStep = arrow(x, y, ...pixels(step, 1), 12);
  const drawn = [
    svg("path", { class: "gradient", d: toGradient }),
    svg("path", { class: "step", stroke: RULES[made.rule].colour, d: toStep }),
  ];
  if (!roots) return drawn;
  const d = bars(map.frame, x, y, pixels(step, 1), pixels(roots, unit));
  return [svg("path", { class: "root", d }), ...drawn];
}

// A line with a head of two strokes; what is too short for a head has none, and what has no end is not drawn.
export function arrow(x, y, dx, dy, head = 7) {
  const length = Math.hypot(dx, dy);
  if (!(length > 1 && length < Infinity)) return "";
  const drawn = Math.min(1, FAR / length); // cut here, or its direction would be lost
  const tipX = x + dx * drawn;
  const tipY = y + dy * drawn;
  const size = Math.min(head, 0.6 * length) / length;
  const barb = (side) => pair(tipX - size * (dx + side * dy * 0.5), tipY - size * (dy - side * dx * 0.5));
  const tip = pair(tipX, tipY);
  return `M${pair(x, y)}L${tip}L${barb(1)}M${tip}L${barb(-1)}`;
}

// Two bars as long as these, one along each axis: they go the way of the step, on its other side where there is room.
function bars({ innerWidth, innerHeight }, x, y, [dx, dy], lengths) {
  const [along, up] = lengths.map((length) => Math.max(SHORTEST, Math.abs(length)));
  const left = beside(x, dx, innerWidth);
  const below = beside(y, dy, innerHeight);
  return bar(x, below, dx < 0 ? -along : along, 0) + bar(left, y, 0, dy < 0 ? -up : up);
}

function beside(place, way, size) {
  const other = place + (way < 0 ? BESIDE : -BESIDE);
  return other > 0 && other < size ? other : place + (way < 0 ? -BESIDE : BESIDE);
}

// A line between two small bars across.
export function bar(x, y, dx, dy) {
  const length = Math.hypot(dx, dy);
  if (!(length < Infinity)) return "";
  const across = (4 * dy) / length;
  const up = (4 * dx) / length;
  const end = (x, y) => `M${pair(x - across, y - up)}L${pair(x + across, y + up)}`;
  return `${end(x, y)}M${pair(x, y)}L${pair(x + dx, y + dy)}${end(x + dx, y + dy)}`;
}
