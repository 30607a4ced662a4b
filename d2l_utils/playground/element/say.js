// What a reader sees or hears, in the language of the page: one in another than English has its words in bookWords.

const wordsFor = (message) => globalThis.bookWords?.[message];

const filled = (words, values) => words.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

export const _ = (message, values = {}) => filled(wordsFor(message) || message, values);

// A message about n things; in another language it stands under its singular.
export const ngettext = (one, many, n, values) => filled(wordsFor(one) || (n === 1 ? one : many), { n, ...values });

export const listed = (phrases) => phrases.join(_(", "));

// Those that are there, one behind another; Chinese has no blank there.
export const sentences = (all) =>
  all
    .filter(Boolean)
    .join(" ")
    .replace(/([。？]) /g, "$1");
