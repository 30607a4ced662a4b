// What all drawings share: elements, lines, marks and axes.

function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  set(element, attributes);
  element.append(...children);
  return element;
}

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}

const FAR = 1e6; // beyond this a browser's own numbers lose their digits

const tenth = (pixel) => Math.round(Math.min(Math.max(pixel, -FAR), FAR) * 10) / 10;

const pair = (x, y) => `${tenth(x)} ${tenth(y)}`;

// The line through these points, interrupted where a number is not finite.
function line(xs, ys) {
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

// Each optimizer's mark, of about the same size, around a point.
const MARKS = {
  o: "m-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0z",
  s: "m-2.6 -2.6h5.2v5.2h-5.2z",
  D: "m0 -3.7l3.7 3.7l-3.7 3.7l-3.7 -3.7z",
  "^": "m0 -3.6l3.6 6.2h-7.2z",
  v: "m0 3.6l3.6 -6.2h-7.2z",
  P: "m-1.2 -3.6h2.4v2.4h2.4v2.4h-2.4v2.4h-2.4v-2.4h-2.4v-2.4h2.4z",
  X: "m0 -1.7l1.7 -1.7l1.7 1.7l-1.7 1.7l1.7 1.7l-1.7 1.7l-1.7 -1.7l-1.7 1.7l-1.7 -1.7l1.7 -1.7l-1.7 -1.7l1.7 -1.7z",
};

function marks(kind, xs, ys, apart = 1) {
  let path = "";
  for (let i = 0; i < xs.length; i += apart) {
    const seen = Number.isFinite(xs[i]) && Number.isFinite(ys[i]) && Math.abs(xs[i]) < 4000 && Math.abs(ys[i]) < 4000;
    if (seen) path += `M${pair(xs[i], ys[i])}${MARKS[kind]}`;
  }
  return path;
}

const dashes = (rule, width) => RULES[rule].dash.map((length) => length * width).join(" ");

// A line of an optimizer over so many steps, with its colour and its dashes. Long lines are left whole, and told apart
// by their marks: dashes cost a browser as much again as everything else in a picture.
const strokeOf = (rule, width, num_steps) => ({
  stroke: RULES[rule].colour,
  "stroke-width": width,
  "stroke-dasharray": num_steps > 100 ? "" : dashes(rule, width),
  fill: "none",
});

// A frame for a drawing: what lies where in an <svg> of this size, in pixels.
class Frame {
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
