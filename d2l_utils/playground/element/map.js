// The first picture: contours, the paths over them, and at the current step the arrows and bars that made it.

import { arrowUnit, arrows } from "./arrows.js";
import { contours } from "./contours.js";
import { RULES, SURFACES } from "./facts.js";
import { Frame } from "./frame.js";
import { MARKS, marks, strokeOf } from "./marks.js";
import { clamp, said, ticks } from "./numbers.js";
import { stepOf } from "./run.js";
import { line, pair, set, svg } from "./svg.js";

const SHAPE = 5 / 7; // of every surface's view, so that both axes have the same scale

export class MapPanel {
  constructor(root, onDrag) {
    this.frame = new Frame(root, { left: 36, right: 10, top: 20, bottom: 36 });
    this.contours = svg("path", { class: "contour" });
    this.minima = svg("path", { class: "minimum" });
    this.paths = svg("g");
    this.arrows = svg("g");
    this.now = svg("g");
    this.handle = svg("g", { class: "handle" }, svg("circle", { r: 22, class: "reach" }), svg("circle", { r: 8 }));
    this.frame.plot.append(this.contours, this.minima, this.paths, this.arrows);
    this.frame.above.append(this.now, this.handle);
    this.listen(onDrag);
  }

  listen(onDrag) {
    // A finger on the handle drags it and not the page; inside an <svg> the style touch-action is not heeded.
    this.handle.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    this.handle.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // or the text that it is dragged over would be selected
      this.handle.setPointerCapture(event.pointerId);
    });
    this.handle.addEventListener("pointermove", (event) => {
      if (!this.handle.hasPointerCapture(event.pointerId)) return;
      const box = this.frame.root.getBoundingClientRect();
      const { left, top } = this.frame.margins;
      onDrag(this.pointAt(event.clientX - box.left - left, event.clientY - box.top - top));
    });
  }

  // The point of the surface at a place in pixels, kept in view, to two decimals.
  pointAt(x, y) {
    const place = [this.low[0] + x / this.scale, this.low[1] + (this.frame.innerHeight - y) / this.scale];
    return place.map((value, i) => Number(clamp(value, this.low[i], this.high[i]).toFixed(2)));
  }

  resize(width) {
    const { left, right, top, bottom } = this.frame.margins;
    this.frame.resize(width, Math.round((width - left - right) * SHAPE) + top + bottom);
    this.drawn = null;
  }

  // Contours and axes change with the surface and the size only.
  drawSurface(surface) {
    if (this.drawn === surface) return;
    this.drawn = surface;
    const { x1, x2, minima } = SURFACES[surface];
    this.low = [x1[0], x2[0]];
    this.high = [x1[1], x2[1]];
    this.scale = this.frame.innerWidth / (x1[1] - x1[0]);
    const at = (a, b) => pair(this.x(a), this.y(b));
    const path = contours(surface).map(([a, b, c, d]) => `M${at(a, b)}L${at(c, d)}`);
    set(this.contours, { d: path.join("") });
    set(this.minima, { d: minima.map(([a, b]) => `M${this.x(a)} ${this.y(b)}m-5 0h10m-5 -5v10`).join("") });
    const across = ticks(...x1, 9).map((value) => [this.x(value), said(value)]);
    const up = ticks(...x2, 7).map((value) => [this.y(value), said(value)]);
    this.frame.drawAxes(across, up, { across: "x1", up: "x2" });
  }

  x(value) {
    return (value - this.low[0]) * this.scale;
  }

  y(value) {
    return this.frame.innerHeight - (value - this.low[1]) * this.scale;
  }

  // The whole way of each optimizer, thin; drawStep thickens what has been walked.
  drawPaths({ active, num_steps, start }, traces) {
    const inFront = (a, b) => (a.rule === active) - (b.rule === active);
    const apart = Math.ceil(num_steps / 40);
    this.walked = Object.values(traces)
      .sort(inFront)
      .map((made) => {
        const xs = made.points.map((point) => this.x(point[0]));
        const ys = made.points.map((point) => this.y(point[1]));
        const done = svg("path", strokeOf(made.rule, 1.75, num_steps));
        const dots = svg("path", { fill: RULES[made.rule].colour });
        const whole = svg("path", { ...strokeOf(made.rule, 0.75, Infinity), d: line(xs, ys) });
        return { made, xs, ys, done, dots, whole, apart };
      });
    this.paths.replaceChildren(...this.walked.flatMap(({ whole, done, dots }) => [whole, done, dots]));
    set(this.handle, { transform: `translate(${this.x(start[0])} ${this.y(start[1])})` });
  }

  drawStep({ active, step }) {
    const here = [];
    for (const { made, xs, ys, whole, done, dots, apart } of this.walked) {
      const last = Math.min(step, made.gradients.length);
      set(whole, { display: last < made.gradients.length ? "inline" : "none" });
      set(done, { d: line(xs.slice(0, last + 1), ys.slice(0, last + 1)) });
      set(dots, { d: marks(RULES[made.rule].marker, xs.slice(0, last + 1), ys.slice(0, last + 1), apart) });
      if (this.sees(made.points[last])) here.push(this.markOf(made.rule, xs[last], ys[last], made.rule === active));
      if (made.rule === active) this.arrows.replaceChildren(...this.arrowsOf(made, last));
    }
    this.now.replaceChildren(...here);
  }

  // An optimizer's own mark, large, at a place in pixels.
  markOf(rule, x, y, isActive) {
    const transform = `translate(${pair(x, y)}) scale(${isActive ? 1.7 : 1.35})`;
    return svg("path", { class: "now", fill: RULES[rule].colour, d: `M0 0${MARKS[RULES[rule].marker]}`, transform });
  }

  // The arrows of the step that led here, where there is one; this.unit is their scale.
  arrowsOf(made, t) {
    this.unit = null;
    if (t === 0) return [];
    const step = stepOf(made, t);
    this.unit = arrowUnit(step, this.high[1] - this.low[1]);
    return arrows(this, made, step, this.unit);
  }

  sees(point) {
    return point.every((value, i) => value >= this.low[i] && value <= this.high[i]);
  }
}
