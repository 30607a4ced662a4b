// What Python and the script share: facts.json, by its two tables. The colours are added by facts.py.

import { _ } from "./say.js";
import FACTS from "../facts.json" with { type: "json" };

const named = (facts) =>
  Object.fromEntries(Object.entries(facts).map(([name, fact]) => [name, { ...fact, title: _(fact.title) }]));

// The book's optimizers, and beside them the one that the reader writes.
export const RULES = named({ ...FACTS.rules, own: FACTS.own });
export const SURFACES = named(FACTS.surfaces);
export const MOST_STEPS = FACTS.most_steps;

// Whether the reader's rule may have a slider of this name.
export const isKnob = (name) => Object.hasOwn(RULES.own.knobs, name);
