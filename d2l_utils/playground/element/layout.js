// What stands where: the element's own page, without a word that depends on a setting.

import { MOST_STEPS, RULES, SURFACES } from "./facts.js";
import { MARKS, dashes } from "./marks.js";
import { _ } from "./say.js";

const ICONS = {
  back: '<path d="M11 3v10L4 8zM4 3v10H2.5V3z"/>',
  play: '<path d="M4 2.5v11L13 8z"/>',
  pause: '<path d="M4 3h3v10H4zM9 3h3v10H9z"/>',
  forward: '<path d="M5 3v10l7-5zM12 3v10h1.5V3z"/>',
};
export const icon = (name) =>
  `<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">${ICONS[name]}</svg>`;

const options = (facts) =>
  Object.entries(facts)
    .map(([name, { title }]) => `<option value="${name}">${title}</option>`)
    .join("");

const sample = (rule) => `<svg class="sample" viewBox="3 0 30 12" width="30" height="12" aria-hidden="true">
  <path d="M0 6H36" stroke="${RULES[rule].colour}" stroke-width="1.75" stroke-dasharray="${dashes(rule, 1.75)}"/>
  <path d="M18 6${MARKS[RULES[rule].marker]}" fill="${RULES[rule].colour}"/></svg>`;

const overlays = () =>
  Object.keys(RULES)
    .map((rule) => `<label><input type="checkbox" value="${rule}">${sample(rule)}${RULES[rule].title}</label>`)
    .join("");

// Outside of quotes, where a catalogue of messages finds the words.
const called = (words) => `aria-label="${words}"`;

export const layout = () => `
<div class="app" role="group" ${called(_("Playground: optimizers on a surface"))}>
  <div class="choices">
    <label>${_("surface")} <select data-part="surface">${options(SURFACES)}</select></label>
    <label>${_("optimizer")} <select data-part="active">${options(RULES)}</select></label>
    <label>${_("start, x1")} <input type="number" step="0.1" data-part="start1"></label>
    <label>x2 <input type="number" ${called(_("start, x2"))} step="0.1" data-part="start2"></label>
    <label>${_("steps")} <input type="number" min="1" max="${MOST_STEPS}" data-part="num_steps"></label>
    <label data-part="seedLabel">${_("seed")} <input type="number" min="0" max="4294967295" data-part="seed"></label>
  </div>
  <p class="formula" data-part="formula"></p>
  <div class="typing" data-part="typing" hidden>
    <label for="text">${_("your rule, an assignment a line; g is the gradient at x, t counts the steps")}</label>
    <div class="sheet"><pre aria-hidden="true" data-part="mirror"></pre>
      <textarea id="text" spellcheck="false" autocapitalize="off" autocomplete="off" autocorrect="off"
        aria-describedby="message" data-part="text"></textarea></div>
    <div class="below"><p id="message" data-part="message"></p>
      <button type="button" data-part="anew"></button>
      <button type="button" data-part="python">${_("copy as Python")}</button></div>
  </div>
  <div class="panels">
    <svg class="map" role="img" data-part="map"
      ${called(_("Contours of the surface and the paths over them; the line below tells where they end"))}></svg>
    <p class="key" data-part="key"></p>
    <svg class="loss" role="img" data-part="loss"
      ${called(_("Loss against step; the table has its numbers"))}></svg>
    <svg class="rate" role="img" data-part="rate"
      ${called(_("Effective step of each coordinate against step; the table has its numbers"))}></svg>
    <div class="player">
      <button type="button" data-part="back" ${called(_("one step back"))}>${icon("back")}</button>
      <button type="button" data-part="play" ${called(_("play"))}>${icon("play")}</button>
      <button type="button" data-part="forward" ${called(_("one step forward"))}>${icon("forward")}</button>
      <input type="range" min="0" data-part="step" ${called(_("step"))}>
      <output data-part="stepText"></output>
    </div>
    <p class="line" aria-hidden="true" data-part="line"></p>
    <p class="spoken" role="status" aria-live="polite" data-part="status"></p>
  </div>
  <div class="knobs" data-part="knobs"></div>
  <fieldset class="overlays" data-part="overlays">
    <legend>${_("also show, from the same start")}</legend>${overlays()}</fieldset>
  <div class="end">
    <button type="button" data-part="reset">${_("reset")}</button>
    <button type="button" data-part="copy">${_("copy link")}</button>
    <details data-part="details"><summary>${_("table of the steps")}</summary>
      <div class="scroll" tabindex="0" role="region" ${called(_("table of the steps"))} data-part="table"></div></details>
  </div>
</div>
<slot></slot>`;
