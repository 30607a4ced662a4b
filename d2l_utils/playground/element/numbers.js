// Numbers as people read them, and the friendly ones at which sliders stop.

import { _ } from "./say.js";

export const clamp = (x, low, high) => Math.min(Math.max(x, low), high);

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

export function raised(exponent) {
  const digits = String(Math.abs(exponent)).replace(/\d/g, (digit) => SUPERSCRIPTS[digit]);
  return (exponent < 0 ? "⁻" : "") + digits;
}

// To so many digits: 0.0153, −4.6, 2.3·10⁻⁷.
export function said(value, digits = 3) {
  if (Number.isNaN(value)) return _("not a number");
  if (!Number.isFinite(value)) return value < 0 ? "−∞" : "∞";
  const [mantissa, exponent = "0"] = Number(value.toPrecision(digits)).toExponential().split("e");
  const power = Number(exponent);
  const small = value === 0 || (power > -5 && power < 6);
  return (small ? String(Number(value.toPrecision(digits))) : timesTen(mantissa, power)).replace("-", "−");
}

const timesTen = (mantissa, power) => `${mantissa === "1" ? "" : `${mantissa}·`}10${raised(power)}`;

export const place = (point, digits) => `(${point.map((x) => said(x, digits)).join(", ")})`;

// 10 ** exponent times each factor, for the exponents from one to another, as decimals without dirt.
function decades(low, high, factors) {
  const all = [];
  for (let e = low; e < high; e++) {
    for (const factor of factors) all.push(Number(`${factor}e${e}`));
  }
  return [...all, Number(`1e${high}`)];
}

function every(from, to, by) {
  const count = Math.round((to - from) / by);
  return Array.from({ length: count }, (_, i) => Number((from + i * by).toFixed(2)));
}

const FINE = [...every(1, 2, 0.05), ...every(2, 5, 0.1), ...every(5, 10, 0.2)];
// 1 - γ runs through like factors, from 1 to 0.0001, which puts 0.9, 0.99 and 0.999 at like distances.
const SHARES = decades(-4, 0, every(1, 10, 0.5))
  .map((left) => Number((1 - left).toFixed(6)))
  .reverse();
export const STOPS = {
  lr: decades(-4, 1, FINE),
  eps: [0, ...decades(-10, 0, [1, 2, 5])],
  weight_decay: [0, ...decades(-4, 0, every(1, 10, 0.5))],
  ...Object.fromEntries(["mu", "gamma", "beta", "rho", "beta1", "beta2"].map((name) => [name, SHARES])),
};

export function nearestStop(name, value) {
  const stops = STOPS[name];
  return stops.reduce((best, stop, i) => (Math.abs(stop - value) < Math.abs(stops[best] - value) ? i : best), 0);
}

// The largest of 1, 2, 5 times a power of ten that is not above the value.
export function roundBelow(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return Number(([5, 2, 1].find((factor) => factor * power <= value * (1 + 1e-9)) * power).toPrecision(1));
}

// Round numbers between two, at most so many.
export function ticks(low, high, most) {
  let by = roundBelow((high - low) / most);
  while ((high - low) / by > most) by = Number((by * (String(by).includes("2") ? 2.5 : 2)).toPrecision(3));
  const from = Math.ceil(low / by - 1e-9);
  const to = Math.floor(high / by + 1e-9);
  return Array.from({ length: to - from + 1 }, (_, i) => Number(((from + i) * by).toPrecision(12)));
}

// A value as it was given, to six digits: 0.4, 0.9999, 10⁻⁶.
export function exact(value) {
  const [mantissa, power] = Number(value.toPrecision(6)).toExponential().split("e");
  return value !== 0 && Math.abs(value) < 0.001 ? timesTen(mantissa, Number(power)).replace("-", "−") : said(value, 6);
}
