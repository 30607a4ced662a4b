// Each optimizer's mark and stroke.

import { RULES } from "./facts.js";
import { pair } from "./svg.js";

// Of about the same size, around a point.
export const MARKS = {
  o: "m-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0z",
  s: "m-2.6 -2.6h5.2v5.2h-5.2z",
  D: "m0 -3.7l3.7 3.7l-3.7 3.7l-3.7 -3.7z",
  "^": "m0 -3.6l3.6 6.2h-7.2z",
  v: "m0 3.6l3.6 -6.2h-7.2z",
  ">": "m3.6 0l-6.2 3.6v-7.2z",
  "<": "m-3.6 0l6.2 3.6v-7.2z",
  "*": "m0 -3.9l1.1 2.4l2.7 .3l-2 1.8l.5 2.6l-2.3 -1.3l-2.3 1.3l.5 -2.6l-2 -1.8l2.7 -.3z",
  p: "m0 -3.4l3.2 2.3l-1.2 3.8h-4l-1.2 -3.8z",
  P: "m-1.2 -3.6h2.4v2.4h2.4v2.4h-2.4v2.4h-2.4v-2.4h-2.4v-2.4h2.4z",
  X: "m0 -1.7l1.7 -1.7l1.7 1.7l-1.7 1.7l1.7 1.7l-1.7 1.7l-1.7 -1.7l-1.7 1.7l-1.7 -1.7l1.7 -1.7l-1.7 -1.7l1.7 -1.7z",
};

export function marks(kind, xs, ys, apart = 1) {
  let path = "";
  for (let i = 0; i < xs.length; i += apart) {
    // A number that is not finite is not below either.
    if (Math.abs(xs[i]) < 4000 && Math.abs(ys[i]) < 4000) path += `M${pair(xs[i], ys[i])}${MARKS[kind]}`;
  }
  return path;
}

export const dashes = (rule, width) => RULES[rule].dash.map((length) => length * width).join(" ");

// A line of an optimizer over so many steps, with its colour and its dashes. Long lines are left whole, and told apart
// by their marks: dashes cost a browser as much again as everything else in a picture.
export const strokeOf = (rule, width, num_steps) => ({
  stroke: RULES[rule].colour,
  "stroke-width": width,
  "stroke-dasharray": num_steps > 100 ? "" : dashes(rule, width),
  fill: "none",
});
