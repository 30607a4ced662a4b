// Expressions: their tokens become a small tree, or a message with a place.

import { Jsep } from "../vendor/jsep.min.js";
import { MISSING, refuse, checkBrackets, forJsep } from "./notation.js";
import { _, listed } from "./say.js";

// How many arguments each function takes.
export const FUNCTIONS = { sqrt: 1, abs: 1, sign: 1, exp: 1, log: 1, sum: 1, norm: 1, min: 2, max: 2 };
const POWER = 94; // the code of ^

Jsep.removeAllBinaryOps();
for (const [sign, precedence] of Object.entries({ "+": 1, "-": 1, "*": 2, "/": 2 })) {
  Jsep.addBinaryOp(sign, precedence);
}

// jsep lets a sign bind closer than a power; as in mathematics and in Python, −x² is −(x²) here.
class Reader extends Jsep {
  gobbleToken() {
    const left = super.gobbleToken();
    if (!left || this.code !== POWER) return left;
    this.index++;
    const right = this.gobbleToken();
    if (!right) this.throwError("Expected expression after ^");
    return { type: "BinaryExpression", operator: "^", left, right };
  }
}

const isFunctionName = (token) => token?.kind === "name" && Object.hasOwn(FUNCTIONS, token.text);

// The tree of an expression: { op, args }, with names as { op: "name", name } and numbers as { op: "number", raw }.
// Known are the names that may stand before a bracket without being a function.
export function treeOf(tokens, known, at) {
  if (!tokens.length) refuse(MISSING, at);
  checkBrackets(tokens, (token) => isFunctionName(token) && FUNCTIONS[token.text] > 1);
  const { code, places } = forJsep(tokens, (token, next) => isCall(token, next, known));
  try {
    return resolved(new Reader(code).parse(), tokens);
  } catch (error) {
    if (error.index === undefined) throw error;
    const place = places[error.index];
    const words = /^Expected|^missing/.test(error.description) ? MISSING : _("this has no place here");
    refuse(words, place?.at ?? tokens.at(-1).to, place?.to);
  }
}

function isCall(token, next, known) {
  const isBracket = next?.text === "(";
  if (isFunctionName(token)) {
    if (!isBracket) refuse(_("{name} needs a bracket here: {name}(…)", { name: token.text }), token.to);
    return true;
  }
  if (isBracket && next.at === token.to && token.text.length > 1 && !known.has(token.text)) {
    const all = listed(Object.keys(FUNCTIONS));
    refuse(_("{name} is no function here; there are {all}", { name: token.text, all }), token.at, token.to);
  }
  return false;
}

function resolved(node, tokens) {
  const below = (child) => resolved(child, tokens);
  switch (node.type) {
    case "Literal":
      return { op: "number", raw: node.raw };
    case "Identifier":
      return node.name === "t" ? { op: "name", name: "t" } : { op: "name", name: tokens[node.name.slice(1)].text };
    case "UnaryExpression": {
      const arg = below(node.argument);
      if (node.operator === "+") return arg;
      return { op: node.operator === "~" ? "sqrt" : "neg", args: [arg] };
    }
    case "BinaryExpression":
      return multiplied(node.operator, below(node.left), below(node.right));
    default:
      return call(node, tokens, below);
  }
}

function call(node, tokens, below) {
  if (node.callee?.type !== "Identifier") refuse(_("this cannot be read"), tokens[0].at, tokens.at(-1).to);
  const token = tokens[node.callee.name.slice(1)];
  const args = node.arguments.map(below);
  const many = FUNCTIONS[token.text];
  if (args.length !== many) {
    const name = token.text;
    const words =
      many > 1
        ? _("{name} takes two numbers, with a comma between", { name })
        : _("{name} takes one number", { name });
    refuse(words, token.at, token.to);
  }
  return { op: token.text, args };
}

// s g² is s g g, product by product, as the book writes it in Python: the same numbers to the last bit.
function multiplied(op, left, right) {
  if (op === "*" && right.isSquare) {
    const [base] = right.args;
    return { op, args: [{ op, args: [left, base] }, base] };
  }
  if (op !== "^" || right.raw !== "2" || left.op !== "name") return { op, args: [left, right] };
  return { op: "*", args: [left, left], isSquare: true };
}
