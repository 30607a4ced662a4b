// The field in which the reader writes a rule: it marks where a line breaks, and lets go of what can be read alone.

import { copied } from "./link.js";
import { alike, read } from "./program.js";
import { toPython } from "./python.js";
import { _, listed, sentences } from "./say.js";

const HINT = _(
  "η γ β μ ρ ε λ are lr gamma beta mu rho eps weight_decay, too; √ is sqrt, g² is g**2, βᵗ is beta**t. " +
    "Functions: sqrt abs sign exp log sum norm min max. Other names start at 0.",
);
const NEAR = 14; // characters before the place that are said
const WHOLE = 40; // of a line that is said whole

export class Typing {
  // onText is called with each text that can be read, onBreak with what is wrong with another.
  constructor({ typing, text, mirror, message, reset }, { onText, onBreak }) {
    Object.assign(this, { typing, field: text, mirror, message, reset, good: null });
    text.addEventListener("input", () => {
      const { program, error } = read(text.value);
      this.mark(program, error);
      if (error) return onBreak(sentences([said(text.value, error), left(this.good, text.value)]));
      this.good = text.value;
      return onText(text.value);
    });
  }

  // The text of the setting, or none. What the reader has in hand stays: replaced, it could not be undone.
  show(text) {
    this.typing.hidden = text === undefined;
    if (text === undefined || text === this.good) return;
    this.good = text;
    this.field.value = text;
    this.mark(read(text).program);
  }

  // Another text, as if it were typed, so that it can be undone.
  enter(text) {
    this.field.focus();
    this.field.select();
    document.execCommand("insertText", false, text);
  }

  // What is in hand goes for the rule that was there first, if one was; undone, it comes back.
  replace({ runs, text }) {
    if (!runs.own) return;
    this.good = null;
    this.enter(text);
    this.reset.focus();
  }

  // Resolves to what came of it, in words. Where the clipboard is closed, the function stands in the field, which reads it.
  async copy({ text, runs }) {
    if (this.error) return _("Nothing is copied: mend line {line} first.", this.error);
    const python = toPython(read(text).program, runs.own);
    const isCopied = await copied(python);
    if (!isCopied) this.enter(python);
    this.message.textContent = isCopied
      ? _("The function is copied.")
      : _("The function stands in the field, to be copied; undo brings the formula back.");
    return this.message.textContent;
  }

  mark(program, error) {
    this.error = error;
    const { value } = this.field;
    const { at, to } = error ?? { at: value.length, to: value.length };
    const mark = Object.assign(document.createElement("mark"), { textContent: value.slice(at, to), hidden: !error });
    this.mirror.replaceChildren(value.slice(0, at), mark, `${value.slice(to)} `);
    this.field.setAttribute("aria-invalid", Boolean(error));
    this.message.classList.toggle("wrong", Boolean(error || program.unset.length));
    this.message.textContent = error ? said(value, error) : unset(program) || HINT;
  }
}

function said(text, { line, at, words }) {
  const near = ended(text.slice(0, at).split("\n").pop().trimStart(), NEAR);
  if (near.trim()) return _("Line {line}, after “{near}”: {words}.", { line, near, words });
  return _("Line {line}, at its beginning: {words}.", { line, words });
}

// Which rule stays in the picture: the one with the line that was there before.
function left(good, text) {
  const lines = text.split("\n");
  const before = good.trim().split("\n");
  const line = before.find((one, i) => one !== lines[i]) ?? before.at(-1);
  return _("The picture shows the last rule that could be read, with “{line}”.", { line: ended(line, WHOLE) });
}

const ended = (line, most) => (line.length > most ? `…${line.slice(-most)}` : line);

function unset({ unset }) {
  if (!unset.length) return "";
  const name = unset.map(alike).find(Boolean);
  return sentences([
    _("{names}: never set, and so always 0.", { names: listed(unset) }),
    name && _("Did you mean {name}?", { name }),
  ]);
}
