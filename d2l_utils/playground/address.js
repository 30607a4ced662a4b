// A setting as the end of an address, short and readable, and back: #play?surface=ravine&start=-5,-2&...

// The shorter of 0.4 and 4e-1, of 0.000001 and 1e-6.
function plain(number) {
  const [decimal, scientific] = [String(number), number.toExponential()];
  return (scientific.length < decimal.length ? scientific : decimal).replace("e+", "e");
}

function toAddress(setting, name) {
  const parts = [
    ["surface", setting.surface],
    ["start", setting.start.map(plain)],
    ["steps", setting.num_steps],
    ...(setting.surface === "noisy" ? [["seed", setting.seed]] : []),
    ...Object.entries(setting.runs).map(([rule, knobs]) => [rule, numbersOf(rule, knobs)]),
    ...(Object.keys(setting.runs).length > 1 ? [["active", setting.active]] : []),
    ...(setting.step < setting.num_steps ? [["step", setting.step]] : []),
  ];
  return `#${name}?${parts.map(([key, value]) => `${key}=${value}`).join("&")}`;
}

// What an address gives, unchecked; null where it speaks of something else.
function fromAddress(address, name) {
  const mark = `#${name}?`;
  if (!address.startsWith(mark)) return null;
  const given = {};
  for (const [key, text] of new URLSearchParams(address.slice(mark.length))) {
    const numbers = text.split(",").map((number) => (number === "" ? NaN : Number(number)));
    if (Object.hasOwn(RULES, key)) given.runs = { ...given.runs, [key]: knobsOf(key, numbers) };
    else if (key === "start") given.start = numbers;
    else if (key === "steps") given.num_steps = numbers[0];
    else if (key === "seed" || key === "step") given[key] = numbers[0];
    else given[key] = text;
  }
  return given;
}

const numbersOf = (rule, knobs) => Object.keys(RULES[rule].knobs).map((name) => plain(knobs[name]));

function knobsOf(rule, numbers) {
  const names = Object.keys(RULES[rule].knobs);
  return names.length === numbers.length ? Object.fromEntries(names.map((name, i) => [name, numbers[i]])) : null;
}
