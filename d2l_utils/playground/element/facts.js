// What Python and the script share: facts.json, by its two tables. The colours are added by facts.py.

import FACTS from "../facts.json" with { type: "json" };

export const RULES = FACTS.rules;
export const SURFACES = FACTS.surfaces;
export const MOST_STEPS = FACTS.most_steps;
