// A frame for a drawing: what lies where in an <svg> of this size, in pixels.

import { set, svg } from "./svg.js";

export class Frame {
  constructor(root, { left, right, top, bottom }) {
    this.margins = { left, right, top, bottom };
    this.root = root;
    this.axes = svg("g", { class: "axes" });
    this.plot = svg("svg", { overflow: "hidden" });
    this.above = svg("g");
    root.append(this.axes, this.plot, this.above);
  }

  resize(width, height) {
    const { left, right, top, bottom } = this.margins;
    Object.assign(this, { width, height, innerWidth: width - left - right, innerHeight: height - top - bottom });
    set(this.root, { viewBox: `0 0 ${width} ${height}`, width, height });
    set(this.plot, { x: left, y: top, width: this.innerWidth, height: this.innerHeight });
    set(this.above, { transform: `translate(${left} ${top})` });
  }

  // Ticks are pairs of a place in pixels, from the plot's upper left corner, and a text.
  drawAxes(across, up, names) {
    const { left, top } = this.margins;
    const bottom = top + this.innerHeight;
    const text = (x, y, said, anchor) => svg("text", { x, y, "text-anchor": anchor }, said);
    const lines = [`M${left} ${top}V${bottom}H${left + this.innerWidth}`];
    const texts = [text(left + this.innerWidth, bottom + 32, names.across, "end"), text(0, 11, names.up, "start")];
    for (const [x, said] of across) {
      lines.push(`M${left + x} ${bottom}v4`);
      texts.push(text(left + x, bottom + 17, said, "middle"));
    }
    for (const [y, said] of up) {
      lines.push(`M${left} ${top + y}h-4`);
      texts.push(text(left - 7, top + y + 4, said, "end"));
    }
    this.axes.replaceChildren(svg("path", { d: lines.join(""), class: "spine" }), ...texts);
  }
}
