// A typed rule: its lines become a program, or a message with a place.

import { stepper } from "./evaluate.js";
import { RULES, isKnob } from "./facts.js";
import { FUNCTIONS, treeOf } from "./grammar.js";
import { MISSING, Unreadable, refuse, split, tokensOf } from "./notation.js";
import { pythonFrame, returned, unpacked } from "./pasted.js";
import { _ } from "./say.js";

const LONGEST = 2000; // characters: many times what a rule needs
const TAKEN = `state np False None True and as assert async await break class continue def del elif else except
  finally for from global if import in is lambda nonlocal not or pass raise return try while with yield`.split(/\s+/);

let last = { text: null };

// { program } or { error: { line, at, to, words } }. The last answer is kept: a text is asked for again and again.
export function read(text) {
  if (last.text !== text) last = { text, ...attempt(text) };
  return last;
}

function attempt(text) {
  try {
    if (text.length > LONGEST) refuse(_("no rule needs more than {most} characters", { most: LONGEST }), LONGEST);
    return { program: programOf(text) };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    const { at, to, message } = error;
    return { error: { line: text.slice(0, at).split("\n").length, at, to, words: message } };
  }
}

function programOf(text) {
  const { source, defaults, constants } = pythonFrame(text);
  const parts = statementsOf(source);
  const known = new Set([...Object.keys(RULES.own.knobs), ...parts.flatMap((part) => part.targets)]);
  const statements = parts.map(({ targets, sources }) => {
    for (const token of sources.flatMap(({ tokens }) => tokens)) prepare(token, constants);
    const trees = sources.map(({ tokens, at }) => treeOf(tokens, known, at));
    return { targets, trees };
  });
  if (!parts.some(({ targets }) => targets.includes("x"))) {
    refuse(_("a line x = … is missing here"), source.trimEnd().length);
  }
  const program = { statements, defaults, ...namesIn(statements) };
  checkPair(program, parts);
  return program;
}

function prepare(token, constants) {
  refuseTaken(token, ofPython(token.text));
  if (!Object.hasOwn(constants, token.text)) return;
  token.kind = "number";
  token.text = `(${constants[token.text]})`;
}

// One number would do for x in the picture, but no array of Python has the shape of two for it.
function checkPair(program, parts) {
  const { point } = stepper(program, RULES.own.knobs)([1, 2], [1, 2], null, 1);
  if (typeof point !== "number") return;
  const last = parts.findLast(({ targets }) => targets.includes("x"));
  refuse(_("x has a number for each coordinate, and this is one number"), last.sources.at(-1).at);
}

function statementsOf(source) {
  const statements = [];
  let state = [];
  let from = 0;
  for (const line of source.split("\n")) {
    const end = from + line.length;
    const names = unpacked(line);
    if (names) state = names;
    else if (line.trim() && !/^\s*t\s*=\s*t\s*\+\s*1\s*$/.test(line)) {
      statements.push(returned(source, from, end, state) ?? assignment(tokensOf(source, from, end), end));
    }
    from = end + 1;
  }
  return statements.filter(({ targets }) => targets.length);
}

function assignment(tokens, end) {
  const equals = tokens.findIndex(({ text }) => text === "=");
  const [first] = tokens;
  if (equals < 0) refuse(_("an = is missing here: name = …"), first.kind === "name" ? first.to : end);
  const left = split(tokens.slice(0, equals), tokens[equals].at);
  const right = split(tokens.slice(equals + 1), tokens[equals].to);
  const more = right[left.length];
  if (more) refuse(_("a comma has no place here"), more.at - 1, more.at);
  if (left.length > right.length) refuse(MISSING, end);
  return { targets: left.map(target), sources: right };
}

function target({ tokens, at }) {
  const [first, second] = tokens;
  if (first?.kind !== "name") refuse(_("a name is missing here, before the ="), first?.at ?? at);
  if (second) refuse(_("only a name may stand before the =, as in x = x − …"), second.at, tokens.at(-1).to);
  refuseTaken(first, usedFor(first.text));
  return first.text;
}

function usedFor(name) {
  if (isKnob(name)) return _("{name} has a slider; take another name", { name });
  if (name === "t") return _("{name} counts the steps by itself; take another name", { name });
  if (Object.hasOwn(FUNCTIONS, name)) return _("{name} is a function; take another name", { name });
  return ofPython(name);
}

function ofPython(name) {
  const isTaken = TAKEN.includes(name) || name.startsWith("__");
  return isTaken ? _("{name} means something else in a function of Python; take another name", { name }) : "";
}

function refuseTaken({ at, to }, why) {
  if (why) refuse(why, at, to);
}

// The knobs that are used, in the order of their sliders; the state, which is read before it is set; what is never set.
function namesIn(statements) {
  const used = new Set();
  const set = new Set(["x", "g"]);
  const state = new Set();
  const knobs = RULES.own.knobs;
  for (const { targets, trees } of statements) {
    for (const name of trees.flatMap(namesOf)) {
      used.add(name);
      if (!set.has(name) && name !== "t" && !isKnob(name)) state.add(name);
    }
    for (const name of targets) set.add(name);
  }
  return {
    knobs: Object.keys(knobs).filter((name) => used.has(name)),
    state: [...state],
    unset: [...state].filter((name) => !set.has(name)),
    countsSteps: used.has("t"),
  };
}

// What a name may be meant for: one that is known, with a letter more, less or another.
export const alike = (name) =>
  Object.keys({ ...RULES.own.knobs, ...FUNCTIONS }).find(
    (known) =>
      known[2] &&
      [...known].some((_letter, i) => RegExp(`^${known.slice(0, i)}.{0,2}${known.slice(i + 1)}$`).test(name)),
  );

const namesOf = (tree) => (tree.op === "name" ? [tree.name] : (tree.args ?? []).flatMap(namesOf));
