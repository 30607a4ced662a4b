// A rule as a pure function of Python: what surrounds its lines is blanked out, so that all places stay what they are.

import { isKnob } from "./facts.js";
import { plainName, refuse, split, tokensOf } from "./notation.js";
import { _ } from "./say.js";

const HEADER = /^[ \t]*def\s+\w+\s*\(((?:[^()]|\([^()]*\))*)\)\s*(?:->[^:\n]*)?:/m;
const AROUND = /"""[\s\S]*?"""|#.*|^[ \t]*(?:from|import)\s.*/gm;

const blank = (text) => text.replace(/[^\n]/g, " ");

// The source without what surrounds it, and the numbers that its header gives: the knobs', and those of what has no
// slider.
export function pythonFrame(text) {
  const source = text.replace(AROUND, blank);
  const header = HEADER.exec(source);
  if (!header) return { source, defaults: {}, constants: {} };
  const from = header.index + header[0].indexOf("(") + 1;
  const [x, g, state, ...others] = argumentsIn(header[1], from);
  if ([x, g, state].map((one) => one?.name).join() !== "x,g,state") {
    refuse(_("a rule begins with x, g, state: def rule(x, g, state=(0,))"), from);
  }
  return { source: source.replace(header[0], blank), ...numbersIn(others) };
}

const argumentsIn = (inside, from) =>
  inside.split(/,(?![^(]*\))/).map((part) => {
    const [, written, given] = /^\s*([^\s:=]*)[^=]*=?\s*([\s\S]*?)\s*$/.exec(part);
    const at = from + part.indexOf(written);
    from += part.length + 1;
    return { name: plainName(written), at, to: at + written.length, given };
  });

function numbersIn(others) {
  const numbers = { defaults: {}, constants: {} };
  for (const { name, at, to, given } of others) {
    const value = Number(given || NaN);
    if (Number.isFinite(value)) numbers[isKnob(name) ? "defaults" : "constants"][name] = value;
    else if (name && !isKnob(name)) refuse(_("{name} needs a number: {name}=1, say", { name }), at, to);
  }
  return numbers;
}

// The names of a line such as s, delta = state; undefined where it is another.
export function unpacked(line) {
  const found = /^\s*\(?([^()=]*)\)?\s*=\s*state\s*$/.exec(line);
  const names = found?.[1].split(",").map((name) => plainName(name.trim()));
  return names?.filter(Boolean);
}

// What a line such as return x - lr * g, (s, t) sets, all at once; undefined where it is another.
export function returned(source, from, end, state) {
  const found = /^\s*return\b/.exec(source.slice(from, end));
  if (!found) return null;
  const tokens = tokensOf(source, from + found[0].length, end);
  const [x, rest, more] = split(tokens, from + found[0].length);
  if (!rest || more) refuse(_("return takes two here: the new x, and the state in a bracket"), end);
  const entries = entriesOf(rest, state.length, end);
  const pairs = [["x", x], ...entries.map((entry, i) => [state[i], entry])];
  const news = pairs.filter(([name, { tokens }]) => name !== "t" && !(tokens.length === 1 && tokens[0].text === name));
  return { targets: news.map(([name]) => name), sources: news.map(([, source]) => source) };
}

function entriesOf({ tokens, at }, many, end) {
  if (tokens.length === 1 && tokens[0].text === "state") return [];
  if (tokens[0]?.text !== "(" || tokens.at(-1).text !== ")") {
    refuse(_("the state is missing here, in a bracket: (s,)"), tokens[0]?.at ?? end);
  }
  const entries = split(tokens.slice(1, -1), tokens[0].to);
  if (!entries.at(-1).tokens.length) entries.pop();
  if (entries.length === many) return entries;
  const words = _("the state has {above} entries above and {here} here", { above: many, here: entries.length });
  refuse(words, at, tokens.at(-1).to);
}
