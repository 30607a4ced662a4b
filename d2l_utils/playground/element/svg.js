// What all drawings are made of: elements, and lines through points.

import { clamp } from "./numbers.js";

export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  set(element, attributes);
  element.append(...children);
  return element;
}

export function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}

export const FAR = 1e6; // beyond this a browser's own numbers lose their digits

export const tenth = (pixel) => Math.round(clamp(pixel, -FAR, FAR) * 10) / 10;

export const pair = (x, y) => `${tenth(x)} ${tenth(y)}`;

// The line through these points, interrupted where a number is not finite.
export function line(xs, ys) {
  let path = "";
  let pen = "M";
  for (let i = 0; i < xs.length; i++) {
    if (Number.isFinite(xs[i]) && Number.isFinite(ys[i])) {
      path += pen + pair(xs[i], ys[i]);
      pen = "L";
    } else pen = "M";
  }
  return path;
}
