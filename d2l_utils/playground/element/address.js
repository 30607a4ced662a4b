// A setting as a part of an address, short and readable, and back: play?surface=ravine&start=-5,-2&...

import { RULES } from "./facts.js";
import { knobsIn } from "./setting.js";

// The shorter of 0.4 and 4e-1, of 0.000001 and 1e-6.
function plain(number) {
  const decimal = String(number);
  const scientific = number.toExponential();
  return (scientific.length < decimal.length ? scientific : decimal).replace("e+", "e");
}

export function toAddress(setting, name) {
  const parts = [
    ["surface", setting.surface],
    ["start", setting.start.map(plain)],
    ["steps", setting.num_steps],
    ...(setting.surface === "noisy" ? [["seed", setting.seed]] : []),
    ...Object.entries(setting.runs).map(([rule, knobs]) => [
      rule,
      knobsIn(rule, setting.text).map((name) => plain(knobs[name])),
    ]),
    ...(setting.runs.own ? [["text", encodeURIComponent(setting.text)]] : []),
    ...(Object.keys(setting.runs).length > 1 ? [["active", setting.active]] : []),
    ...(setting.step < setting.num_steps ? [["step", setting.step]] : []),
  ];
  return `${name}?${parts.map(([key, value]) => `${key}=${value}`).join("&")}`;
}

// What such a part gives, unchecked.
export function fromAddress(part, name) {
  const given = Object.create(null); // which takes a name such as __proto__ for any other
  const said = new URLSearchParams(part.slice(`${name}?`.length));
  for (const [key, text] of said) {
    const numbers = text.split(",").map((number) => (number === "" ? NaN : Number(number)));
    if (Object.hasOwn(RULES, key))
      given.runs = { ...given.runs, [key]: knobsOf(knobsIn(key, said.get("text")), text ? numbers : []) };
    else Object.assign(given, read(key, text, numbers));
  }
  return given;
}

function read(key, text, numbers) {
  if (key === "start") return { start: numbers };
  if (key === "steps") return { num_steps: numbers[0] };
  if (key === "seed" || key === "step") return { [key]: numbers[0] };
  return { [key]: text };
}

function knobsOf(names, numbers) {
  return names.length === numbers.length ? Object.fromEntries(names.map((name, i) => [name, numbers[i]])) : null;
}
