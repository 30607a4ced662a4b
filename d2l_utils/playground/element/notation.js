// The book's notation and Python's, as tokens that know their places, and as what jsep reads.

import { _ } from "./say.js";

export class Unreadable extends Error {
  constructor(words, at, to) {
    super(words);
    Object.assign(this, { at, to });
  }
}

// Reading ends here: what is wrong, in words, and where.
export function refuse(words, at, to = at) {
  throw new Unreadable(words, at, to);
}

const LATIN = "A-Za-zÀ-ÖØ-öø-ɏ_";
const NAME = `(?:np\\.(?:linalg\\.)?)?(?:[Ͱ-Ͽµ∆](?:_?[0-9₀-₉]+)?|[${LATIN}][${LATIN}0-9]*)\\p{M}*[₀-₉]*`;
const NUMBER = "(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][-−+]?\\d+)?";
const KINDS = `\\s+|(?<number>${NUMBER})|(?<name>${NAME})|(?<raised>⁻?[⁰¹²³⁴-⁹]+|ᵗ)`;
const TOKEN = new RegExp(`${KINDS}|(?<sign>\\*\\*|[-−–+*·⋅×⊙/÷^()=,√（），＝＋－＊／])`, "uy");
// Among them those of full width, which Chinese keyboards write.
const FULL_WIDTH = Object.fromEntries([..."（），＝＋－＊／"].map((sign) => [sign, sign.normalize("NFKC")]));
const SIGNS = {
  ...FULL_WIDTH,
  "−": "-",
  "–": "-",
  "·": "*",
  "⋅": "*",
  "×": "*",
  "⊙": "*",
  "÷": "/",
  "**": "^",
  "√": "~",
};
const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const SPELLED = `η lr, γ gamma, β beta, μ mu, µ mu, ρ rho, ε eps, ϵ eps, λ weight_decay, ∆ Δ, eta lr, epsilon eps, beta_1 beta1, beta_2 beta2,
  minimum min, maximum max`;
const PLAIN = new Map(SPELLED.split(",").map((pair) => pair.trim().split(" ")));
const MARKS = { "\u0302": "_hat", "\u0303": "_tilde", "\u0304": "_bar" };

// A name as Python has it: η is lr, β₁ is beta1, m̂ is m_hat.
export function plainName(written) {
  const [, letter, rest] = /^(?:np\.(?:linalg\.)?)?([Ͱ-Ͽµ∆]?)(.*)$/u.exec(written.normalize("NFD"));
  const marked = rest.replace(/[\u0302-\u0304]/g, (mark) => MARKS[mark]);
  const ended = marked.replace(/[₀-₉]/g, (digit) => digit.charCodeAt(0) - 0x2080);
  const name = (PLAIN.get(letter) ?? letter) + (letter ? ended.replace(/^_(?=\d)/, "") : ended);
  return PLAIN.get(name) ?? name;
}

const READ = {
  name: plainName,
  number,
  sign: (written) => SIGNS[written] ?? written,
  raised: (written) =>
    written === "ᵗ" ? "^t" : `^(${written.replace("⁻", "-").replace(/[^-]/g, (digit) => RAISED.indexOf(digit))})`,
};

// The tokens of a line of a text: kind, name or sign, and places in the text.
export function tokensOf(text, from, end) {
  const tokens = [];
  TOKEN.lastIndex = from;
  while (TOKEN.lastIndex < end) {
    const at = TOKEN.lastIndex;
    const found = TOKEN.exec(text);
    if (!found) {
      const odd = String.fromCodePoint(text.codePointAt(at));
      const words = ";；".includes(odd) ? _("one assignment a line") : _("“{odd}” means nothing here", { odd });
      refuse(words, at, at + odd.length);
    }
    const kind = Object.keys(READ).find((name) => found.groups[name]);
    if (kind) tokens.push({ kind, at, to: TOKEN.lastIndex, text: READ[kind](found[0], at) });
  }
  return tokens;
}

function number(written, at) {
  const plain = written.replace("−", "-");
  if (Number.isFinite(Number(plain))) return plain;
  refuse(_("no number is as large as this"), at, at + written.length);
}

const isSign = (token, signs) => token?.kind === "sign" && signs.includes(token.text);
const ends = (token) => token && (token.kind !== "sign" || token.text === ")");
const starts = (token) => token.kind === "number" || token.kind === "name" || isSign(token, "(~");

// An expression for jsep: each name is _ and its number among the tokens, and products have their sign. Of each of its
// characters the token. Calls are told from products by isFunction, which refuses what cannot be called.
export function forJsep(tokens, isFunction) {
  let code = "";
  const places = [];
  const add = (written, token) => {
    code += written;
    for (let i = 0; i < written.length; i++) places.push(token);
  };
  tokens.forEach((token, i) => {
    const before = tokens[i - 1];
    const isCall = before?.kind === "name" && isFunction(before, token);
    if (ends(before) && starts(token) && !isCall) {
      if (token.kind === "number") refuse(_("a sign is missing here"), token.at);
      add("*", token);
    }
    add(token.kind === "name" ? `_${i}` : token.text, token);
  });
  if (tokens.length && tokens.at(-1).kind === "name") isFunction(tokens.at(-1), null);
  return { code, places };
}

export const MISSING = _("something is missing here: a number, a name or a bracket");
const DEEPEST = 40;

// That brackets come in pairs, and commas stand in those of a function with several arguments.
export function checkBrackets(tokens, isCallable) {
  const open = [];
  tokens.forEach((token, i) => {
    const before = tokens[i - 1];
    if (isSign(token, "),") && isSign(before, "(,")) refuse(MISSING, token.at);
    const words = CHECKS[token.kind === "sign" ? token.text : ""]?.(open, isCallable(before));
    if (words) refuse(words, token.at, token.to);
  });
  if (open.length) refuse(_("a bracket is missing here"), tokens.at(-1).to);
}

const CHECKS = {
  "(": (open, isCall) => open.push(isCall) > DEEPEST && _("too many brackets in one another"),
  ")": (open) => open.pop() === undefined && _("this bracket is one too many"),
  ",": (open) => !open.at(-1) && _("a comma has no place here"),
  "=": () => _("one = in a line is enough"),
};

// Parted at the commas that stand in no bracket.
export function split(tokens, at) {
  const parts = [{ tokens: [], at }];
  let depth = 0;
  for (const token of tokens) {
    if (token.text === "(") depth++;
    if (token.text === ")") depth--;
    if (token.text === "," && depth === 0) parts.push({ tokens: [], at: token.to });
    else parts.at(-1).tokens.push(token);
  }
  return parts;
}
