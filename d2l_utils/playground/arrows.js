// The arrows of one step: down the gradient, √s along each axis, and the step itself.

// How many units of the picture one unit of gradient is drawn long, so that the longest of a step's arrows takes
// a fair part of its height. Anew for each step: what counts is how √s compares with the gradient there and then.
function arrowUnit({ gradient, roots }, height) {
  const longest = Math.max(Math.hypot(...gradient), ...(roots ?? []));
  return longest > 0 && longest < Infinity ? roundBelow((0.35 * height) / longest) : 1;
}

function arrows(map, made, { from, gradient, roots, step }, unit) {
  const [x, y] = [map.x(from[0]), map.y(from[1])];
  const pixels = ([a, b], unit) => [a * unit * map.scale, -b * unit * map.scale];
  const [gx, gy] = pixels(gradient, -unit);
  const found = [];
  if (roots) {
    const [along, up] = roots.map((root, i) => root * unit * map.scale * (gradient[i] > 0 ? -1 : 1));
    found.push(svg("path", { class: "root", d: `${bar(x, y, along, 0)}${bar(x, y, 0, -up)}` }));
  }
  found.push(svg("path", { class: "gradient", d: arrow(x, y, gx, gy) }));
  found.push(svg("path", { class: "step", stroke: RULES[made.rule].colour, d: arrow(x, y, ...pixels(step, 1), 12) }));
  return found;
}

// A line with a head of two strokes; what is too short for a head has none.
function arrow(x, y, dx, dy, head = 7) {
  const length = Math.hypot(dx, dy);
  if (!(length > 1)) return "";
  const [tipX, tipY] = [x + dx, y + dy];
  const size = Math.min(head, 0.6 * length) / length;
  const barb = (side) => pair(tipX - size * (dx + side * dy * 0.5), tipY - size * (dy - side * dx * 0.5));
  const tip = pair(tipX, tipY);
  return `M${pair(x, y)}L${tip}L${barb(1)}M${tip}L${barb(-1)}`;
}

// A line that ends in a small bar across.
function bar(x, y, dx, dy) {
  const length = Math.hypot(dx, dy);
  if (!(length > 1)) return "";
  const [across, up] = [(4 * dy) / length, (4 * dx) / length];
  return `M${pair(x, y)}l${pair(dx, dy)}m${pair(-across, -up)}l${pair(2 * across, 2 * up)}`;
}
