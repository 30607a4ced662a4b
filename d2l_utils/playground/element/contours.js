// Contours by marching squares: for each cell of a grid, the lines on which the surface has a level.

import { SURFACES } from "./facts.js";
import { OBJECTIVES } from "./surfaces.js";

const GRID = [168, 120];

// Segments [x1, x2, x1, x2] of all levels, in the surface's own coordinates; worked out once for each surface.
const CONTOURS = new Map();

export function contours(surface) {
  if (!CONTOURS.has(surface)) CONTOURS.set(surface, segments(surface));
  return CONTOURS.get(surface);
}

function segments(surface) {
  const { levels, x1, x2 } = SURFACES[surface];
  const [columns, rows] = GRID;
  const at1 = Array.from({ length: columns + 1 }, (_, i) => x1[0] + ((x1[1] - x1[0]) * i) / columns);
  const at2 = Array.from({ length: rows + 1 }, (_, j) => x2[0] + ((x2[1] - x2[0]) * j) / rows);
  const heights = at2.map((b) => at1.map((a) => OBJECTIVES[surface].f(a, b)));
  const found = [];
  for (let j = 0; j < rows; j++) {
    for (let i = 0; i < columns; i++) {
      const corners = [
        [at1[i], at2[j], heights[j][i]],
        [at1[i + 1], at2[j], heights[j][i + 1]],
        [at1[i + 1], at2[j + 1], heights[j + 1][i + 1]],
        [at1[i], at2[j + 1], heights[j + 1][i]],
      ];
      found.push(...inCell(corners, levels));
    }
  }
  return found;
}

function inCell(corners, levels) {
  const heights = corners.map(([, , height]) => height);
  const low = Math.min(...heights);
  const high = Math.max(...heights);
  const crossed = levels.filter((level) => low < level && level <= high);
  return crossed.flatMap((level) => crossing(corners, level));
}

// Where a level enters and leaves a cell; it crosses no side, two, or (beside a saddle) all four.
function crossing(corners, level) {
  const points = [];
  for (let side = 0; side < 4; side++) {
    const from = corners[side];
    const to = corners[(side + 1) % 4];
    if (from[2] < level !== to[2] < level) {
      const part = (level - from[2]) / (to[2] - from[2]);
      points.push([from[0] + part * (to[0] - from[0]), from[1] + part * (to[1] - from[1])]);
    }
  }
  const pairs = [];
  for (let i = 0; i + 1 < points.length; i += 2) pairs.push([...points[i], ...points[i + 1]]);
  return pairs;
}
