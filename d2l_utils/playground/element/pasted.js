// A rule as a pure function of Python: what surrounds its lines is blanked out, so that all places stay what they are.

import { RULES, isKnob } from "./facts.js";
import { plainName, refuse, split, tokensOf } from "./notation.js";

const HEADER = /^[ \t]*def\s+\w+\s*\(((?:[^()]|\([^()]*\))*)\)\s*(?:->[^:\n]*)?:/m;
const AROUND = /"""[\s\S]*?"""|#.*|^[ \t]*(?:from|import)\s.*/gm;
const FIRST = ["x", "g", "state"];

const blank = (text) => text.replace(/[^\n]/g, " ");

// The source without what surrounds it, and what its header gives the knobs.
export function pythonFrame(text) {
  const source = text.replace(AROUND, blank);
  const header = HEADER.exec(source);
  if (!header) return { source, defaults: {} };
  const from = header.index + header[0].indexOf("(") + 1;
  return { source: source.replace(header[0], blank), defaults: defaultsOf(header[1], from) };
}

function defaultsOf(inside, from) {
  const defaults = {};
  let at = from;
  inside.split(/,(?![^(]*\))/).forEach((part, i) => {
    const [, written, given] = /^\s*([^\s:=]*)[^=]*=?\s*([\s\S]*?)\s*$/.exec(part);
    const name = plainName(written);
    const place = at + part.indexOf(written);
    if (i < FIRST.length && name !== FIRST[i]) {
      refuse(`the argument ${FIRST[i]} is missing here: a rule begins with x, g, state`, place);
    }
    if (i >= FIRST.length && name) checkKnob(name, place, place + written.length);
    if (i >= FIRST.length && given && Number.isFinite(Number(given))) defaults[name] = Number(given);
    at += part.length + 1;
  });
  return defaults;
}

function checkKnob(name, at, to) {
  if (isKnob(name)) return;
  refuse(`${name} is no slider here; there are ${Object.keys(RULES.own.knobs).join(", ")}`, at, to);
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
  if (!rest || more) refuse("return takes two here: the new x, and the state in a bracket", end);
  const entries = entriesOf(rest, state.length, end);
  const pairs = [["x", x], ...entries.map((entry, i) => [state[i], entry])];
  const news = pairs.filter(([name, { tokens }]) => name !== "t" && !(tokens.length === 1 && tokens[0].text === name));
  return { targets: news.map(([name]) => name), sources: news.map(([, source]) => source) };
}

function entriesOf({ tokens, at }, many, end) {
  if (tokens.length === 1 && tokens[0].text === "state") return [];
  if (tokens[0]?.text !== "(" || tokens.at(-1).text !== ")") {
    refuse("the state is missing here, in a bracket", tokens[0]?.at ?? end);
  }
  const entries = split(tokens.slice(1, -1), tokens[0].to);
  if (!entries.at(-1).tokens.length) entries.pop();
  if (entries.length === many) return entries;
  refuse(`the state has ${many} entries above and ${entries.length} here`, at, tokens.at(-1).to);
}
