/* What a reader with scripts gets on top of the page: search, a theme button, copy buttons. */
"use strict";

function element(tag, attributes = {}, ...children) {
  const made = Object.assign(document.createElement(tag), attributes);
  made.append(...children);
  return made;
}

/* A page of another edition loads the words of its language before this script: English message -> translation. */
const SHARED = document.currentScript.src.replace(/[^/]*$/, ""); // where the scripts lie that all editions share
const OWN = "assets/"; // and those of one edition, beside its pages

function _(message, values = {}) {
  return (window.bookWords?.[message] ?? message).replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
}

function ngettext(one, many, n) {
  return _(n === 1 || window.bookWords?.[one] ? one : many, { n });
}

/* Theme: the button turns to the other one, and the browser remembers it where it may. */
const root = document.documentElement;
const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

function addThemeButton(bar) {
  const isDark = () => (root.dataset.theme || (systemIsDark.matches ? "dark" : "light")) === "dark";
  const button = element("button", { type: "button", className: "theme" });
  const say = () => { button.textContent = isDark() ? _("Light") : _("Dark"); button.ariaLabel = isDark() ? _("Light theme") : _("Dark theme"); };
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    try { localStorage.setItem("theme", root.dataset.theme); } catch { /* no storage here: until the next page */ }
    say();
  });
  systemIsDark.addEventListener("change", say);
  say();
  bar.append(button);
}

/* Search: the sections of all pages come as a script, which also works from disk, when they are first asked for. */
const MOST_RESULTS = 12;
const LONGEST_QUERY = 200; // characters; what is pasted beyond them would only take time
const AROUND = 70; // characters of text before and after the first word that was found
const OPTIONS = {
  fields: ["title", "section", "text"],
  storeFields: ["page", "title", "anchor", "section", "text"],
  tokenize: (text) => words(text, true),
  searchOptions: { tokenize: (text) => words(text, false), boost: { title: 3, section: 4 }, prefix: true, fuzzy: (word) => (word.length > 4 ? 0.2 : 0), combineWith: "AND", boostDocument: weight },
};
const FAILED = _("The search could not be loaded. Type on or click into the box to try again.");
const LESSER = [_("Exercises"), _("Summary"), _("References")]; // sections that ask, repeat or list
let index;

/* Whoever looks for a thing wants the place that explains it before the places that ask or answer for it. */
function weight(id) {
  const { page, section } = window.bookSections[id];
  if (page.endsWith("_solutions") || LESSER.includes(section)) return 0.2;
  return page === "glossary" || !section ? 1.5 : 1;
}

/* Chinese has no blanks between words: it is taken in pairs of characters, and where the text ends, singly. */
const WORD = /\p{Script=Han}+|[^\n\r\p{Z}\p{P}\p{Script=Han}]+/gu;
const HAN = /^\p{Script=Han}/u;

function words(text, isIndexed) {
  return (text.match(WORD) ?? []).flatMap((word) => (HAN.test(word) ? pairs([...word], isIndexed) : [word]));
}

function pairs(characters, isIndexed) {
  const found = characters.slice(1).map((second, i) => characters[i] + second);
  return isIndexed || !found.length ? [...found, characters.at(-1)] : found;
}

function load(address) {
  return new Promise((loaded, failed) => {
    document.head.append(element("script", { src: address, onload: loaded, onerror: failed }));
  });
}

async function loadIndex() {
  await Promise.all([load(`${SHARED}minisearch.js`), load(`${OWN}sections.js`)]);
  const search = new MiniSearch(OPTIONS);
  search.addAll(window.bookSections);
  return search;
}

/* The index, or nothing if it could not be loaded: then whoever asks next has it loaded anew. */
function makeIndex() {
  index ??= loadIndex().catch(() => { index = undefined; });
  return index;
}

/* What is called just what was asked for comes first; the rest stays in its order. */
function bySameName(query) {
  const isIt = ({ section, title }) => (section || title).toLowerCase() === query.toLowerCase();
  return (a, b) => isIt(b) - isIt(a);
}

function excerpt(text, words) {
  const lower = text.toLowerCase();
  const at = words.map((word) => lower.indexOf(word)).find((i) => i >= 0) ?? 0;
  const from = Math.max(0, text.lastIndexOf(" ", at - AROUND) + 1);
  const whole = text.slice(from, at + AROUND).replace(/[\ud800-\udbff]$/, ""); // no half of a bold letter
  return `${from ? "… " : ""}${whole} …`;
}

function resultItem({ page, title, anchor, section, text, terms }) {
  const href = `${encodeURIComponent(page)}.html${anchor && `#${anchor}`}`;
  const link = element("a", { href }, section || title);
  const where = section ? [element("span", { className: "where" }, title)] : [];
  return element("li", {}, link, ...where, element("p", {}, excerpt(text.startsWith(section) ? text.slice(section.length).trimStart() : text, terms)));
}

function addSearch(bar) {
  const input = element("input", { type: "search", id: "search", placeholder: _("Search"), autocomplete: "off", maxLength: LONGEST_QUERY });
  const label = element("label", { htmlFor: "search", className: "unseen" }, _("Search the book"));
  const status = element("p", { className: "status" });
  status.setAttribute("role", "status");
  const list = element("ol");
  const results = element("div", { className: "results", hidden: true }, status, list);
  const form = element("form", { className: "search" }, label, input, results);
  form.setAttribute("role", "search");
  const asked = () => input.value.trim().slice(0, LONGEST_QUERY);
  const tell = (text, items = []) => { status.textContent = text; list.replaceChildren(...items); };
  const show = async () => {
    const query = asked();
    results.hidden = !query;
    if (!index) tell(_("Loading the search"));
    const search = await makeIndex();
    if (query !== asked()) return; // something else has been typed meanwhile
    if (!search) return tell(FAILED);
    const found = query ? search.search(query).sort(bySameName(query)) : [];
    tell(found.length ? ngettext("{n} section", "{n} sections", found.length) : _("No sections"), found.slice(0, MOST_RESULTS).map(resultItem));
  };
  const close = () => { results.hidden = true; };
  input.addEventListener("focus", makeIndex);
  for (const event of ["input", "click"]) input.addEventListener(event, show);
  form.addEventListener("submit", (event) => { event.preventDefault(); list.querySelector("a")?.click(); });
  form.addEventListener("keydown", (event) => { if (event.key === "Escape") { close(); input.focus(); } });
  list.addEventListener("click", close);
  document.addEventListener("click", (event) => { if (!form.contains(event.target)) close(); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.composedPath()[0].closest("input, select, textarea")) { event.preventDefault(); input.focus(); }
  });
  bar.append(form);
}

/* Code: a button that copies it. */
const NOTICE_TIME = 2000; // ms

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch { // a page from a plain http host has no clipboard, and one from disk may be refused it
    const area = element("textarea", { value: text });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

function addCopyButton(code) {
  const button = element("button", { type: "button", className: "copy" }, _("Copy"));
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    await copy(code.querySelector("pre").innerText);
    button.textContent = _("Copied");
    setTimeout(() => { button.textContent = _("Copy"); }, NOTICE_TIME);
  });
  code.append(button);
}

/* What is too wide scrolls by itself, and can be reached with Tab. */
function markScrollers() {
  for (const box of document.querySelectorAll("pre, .table, .part, figure")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}

/* "On this page" shows where the reader is, and the other edition is opened there. */
function followReader() {
  const links = new Map([...document.querySelectorAll(".contents a")].map((a) => [a.hash.slice(1), a]));
  const headings = [...links.keys()].map((id) => document.getElementById(id));
  const mark = () => {
    const passed = headings.filter((heading) => heading.getBoundingClientRect().top < innerHeight / 3);
    for (const a of links.values()) a.removeAttribute("aria-current");
    if (passed.length) links.get(passed.at(-1).id).setAttribute("aria-current", "true");
    for (const edition of document.querySelectorAll(".language")) edition.hash = passed.at(-1)?.id ?? "";
  };
  const watcher = new IntersectionObserver(mark, { rootMargin: "0px 0px -66% 0px" });
  headings.forEach((heading) => watcher.observe(heading));
}

/* Chinese and Latin stand a little apart. Where the style cannot do that, marks with a margin do. */
const SEAM = /(?<=[\p{Script=Han}])(?=[\p{Script=Latin}\p{Script=Greek}\d])|(?<=[\p{Script=Latin}\p{Script=Greek}\d%])(?=\p{Script=Han})/gu;

function parted() {
  if (!root.lang.startsWith("zh")) return;
  const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  const found = [];
  while (texts.nextNode()) if (!texts.currentNode.parentElement.closest("pre, code, math, svg, optimizer-playground")) found.push(texts.currentNode);
  for (const text of found) {
    const pieces = text.data.split(SEAM);
    if (pieces.length > 1) text.replaceWith(...pieces.map((piece, i) => (i ? element("span", { className: "apart" }, piece) : piece)));
  }
}

/* The picture that moves: where it stands still for want of its script, words say so, and the script is asked for again. */
const STANDS_STILL = _("This picture should move. It stands still: its script did not load, or this browser cannot run it. ");

async function wakePlaygrounds() {
  const asleep = () => [...document.querySelectorAll("optimizer-playground")].filter((playground) => !playground.view);
  const ask = () => (asleep().length ? load(`${SHARED}playground.js`).catch(() => {}) : null);
  await ask();
  const notices = asleep().map((playground) => {
    const again = element("button", { type: "button" }, _("Try again"));
    const notice = element("p", { className: "notice" }, STANDS_STILL, again);
    notice.setAttribute("role", "status");
    playground.before(notice);
    return [again, notice];
  });
  const retry = async () => {
    await ask();
    if (!asleep().length) notices.forEach(([, notice]) => notice.remove());
  };
  notices.forEach(([again]) => again.addEventListener("click", retry));
  addEventListener("online", retry);
}

const bar = document.querySelector(".bar");
addSearch(bar);
addThemeButton(bar);
document.querySelectorAll(".highlight").forEach(addCopyButton);
if (!CSS.supports("text-autospace", "normal")) parted();
markScrollers();
addEventListener("resize", markScrollers);
document.fonts.ready.then(markScrollers);
followReader();
addEventListener("load", wakePlaygrounds);
