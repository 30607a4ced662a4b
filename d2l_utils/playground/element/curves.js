// The other two pictures: numbers against the step, on a log scale, with a cursor at the current step.

import { Frame } from "./frame.js";
import { marks } from "./marks.js";
import { clamp, raised, said, ticks } from "./numbers.js";
import { _ } from "./say.js";
import { line, set, svg, tenth } from "./svg.js";

const DEEPEST = 16; // decades; what lies deeper is cut off
const LEAST = -307; // the powers of ten that are whole numbers of their own; what lies beyond them is cut off, too
const MOST = 308;
export const SECOND = ["", "4 3"]; // the dashes of x1 and of x2

export class CurvePanel {
  // The names are those of its lines, if they need a key: the first is drawn solid, the second dashed.
  constructor(root, name, names = []) {
    this.frame = new Frame(root, { left: 44, right: 14, top: 22, bottom: 36 });
    this.name = name;
    this.lines = svg("g");
    this.cursor = svg("path", { class: "cursor" });
    this.frame.plot.append(this.cursor, this.lines);
    this.key = svg(
      "g",
      {},
      ...names.flatMap((text, i) => {
        const sample = { d: `M${-108 + 60 * i} -10h22`, class: "cursor", "stroke-dasharray": SECOND[i] };
        return [svg("path", sample), svg("text", { x: -80 + 60 * i, y: -6 }, text)];
      }),
    );
    this.frame.above.append(this.key);
  }

  resize(width, height) {
    this.frame.resize(width, height);
    set(this.key, { transform: `translate(${this.frame.innerWidth} 0)` });
  }

  x(step) {
    return (step / this.num_steps) * this.frame.innerWidth;
  }

  // Series: values, the step of the first one, how to stroke them, and what mark they have, if any. The highest
  // that may be seen keeps a run that diverges from flattening all the others.
  draw(series, num_steps, highest = Infinity) {
    this.num_steps = num_steps;
    const [low, high] = decadesOf(series, highest);
    const unit = this.frame.innerHeight / (high - low);
    const y = (value) => (high - Math.log10(value)) * unit;
    const apart = Math.ceil(num_steps / 12);
    const paths = ({ values, first, stroke, marker }) => {
      const ys = values.map((value) => (value > 0 ? y(value) : NaN));
      const xs = values.map((_value, i) => this.x(i + first));
      const dots = marker ? [svg("path", { fill: stroke.stroke, d: marks(marker, xs, ys, apart) })] : [];
      return [svg("path", { ...stroke, d: line(xs, ys) }), ...dots];
    };
    this.lines.replaceChildren(...series.flatMap(paths));
    const most = Math.max(2, Math.floor(this.frame.innerHeight / 24));
    const values = logTicks(low, high, most);
    const up = tickTexts(values).map((text, i) => [y(values[i]), text]);
    const across = ticks(0, num_steps, 5)
      .filter(Number.isInteger)
      .map((step) => [this.x(step), String(step)]);
    this.frame.drawAxes(across, up, { across: _("step"), up: this.name });
  }

  drawStep({ step }) {
    set(this.cursor, { d: `M${tenth(this.x(step))} 0V${this.frame.innerHeight}` });
  }
}

// The whole powers of ten between which the series lie.
function decadesOf(series, highest) {
  let least = Infinity;
  let most = 0;
  for (const { values } of series) {
    for (const value of values) {
      if (value > 0 && value < Infinity) {
        least = Math.min(least, value);
        most = Math.max(most, value);
      }
    }
  }
  if (most === 0) return [-1, 0];
  const seen = Math.min(most, Math.max(highest, 1000 * least)); // a start at the minimum has no height
  const high = clamp(Math.ceil(Math.log10(seen) + 0.02), LEAST + 1, MOST);
  const low = clamp(Math.floor(Math.log10(least) - 0.02), Math.max(LEAST, high - DEEPEST), high - 1);
  return [low, high];
}

function logTicks(low, high, most) {
  if (high - low <= 1 && most > 3) return [1, 2, 5, 10].map((factor) => factor * 10 ** low);
  return ticks(low, high, most)
    .filter(Number.isInteger)
    .map((power) => 10 ** power);
}

// All as powers of ten where one of them is very small or large, else all as they are.
function tickTexts(values) {
  const powers = values.map((value) => Math.round(Math.log10(value)));
  const far = powers.some((power) => power < -2 || power > 2) && values.length === new Set(powers).size;
  return values.map((value, i) => (far ? `10${raised(powers[i])}` : said(value, 1)));
}
