// The element: it holds the setting and changes it as the controls of its view say.

import { fromAddress, toAddress } from "./address.js";
import { Choice } from "./choice.js";
import { listen } from "./controls.js";
import { RULES } from "./facts.js";
import { Link } from "./link.js";
import { clamp } from "./numbers.js";
import { Player } from "./player.js";
import { read } from "./program.js";
import { toPython } from "./python.js";
import { run } from "./run.js";
import { allowed, checked, fromJSON, sameStep } from "./setting.js";
import { settledAfter, withNextFrame } from "./timing.js";
import { View } from "./view.js";
import { notUnderstood } from "./words.js";

class OptimizerPlayground extends HTMLElement {
  connectedCallback() {
    if (this.view) return;
    this.initial = checked(fromJSON(this.getAttribute("setting") ?? "{}"));
    this.setting = this.initial.setting;
    this.notice = notUnderstood(this.initial.ignored);
    this.choice = new Choice();
    this.link = Link.of(this);
    this.view = new View(this.attachShadow({ mode: "open" }), {
      onStart: (start) => this.change({ start }),
      onText: (text) => this.change(this.choice.write(this.setting, text)),
      onBreak: (words) => this.tell(words),
      onKnob: (name, value) => this.turnKnob(name, value),
      onResize: () => this.rerun(),
    });
    this.player = new Player(
      (step) => this.turn({ step }),
      (isPlaying) => {
        this.view.showPlaying(isPlaying);
        this.redraw();
      },
    );
    // Before the view has a width there is nothing to draw on.
    this.redraw = withNextFrame(() => this.view.width && this.draw());
    this.announce = settledAfter(300, () => this.player.playing || this.view.speak());
    this.keepAddress = settledAfter(350, () => this.link?.write(this.setting)); // Safari takes 100 in half a minute
    listen(this);
    this.view.resize();
    this.readLink();
  }

  // Runs and draws everything anew.
  rerun() {
    this.isStale = true;
    this.redraw();
  }

  draw() {
    if (this.isStale) {
      this.traces = run(this.setting);
      this.view.drawRuns(this.setting, this.traces);
      this.view.showAnew(this.choice.bookRule(this.setting));
    }
    this.isStale = false;
    this.view.drawStep(this.setting, this.traces, this.notice);
    this.announce();
    if (this.isChanged && !this.player.playing) this.keepAddress();
  }

  readLink() {
    const given = this.link?.read();
    if (!given) return;
    const { setting, ignored } = checked(given);
    this.change(setting);
    this.link.keep(setting);
    this.notice = notUnderstood(ignored);
    this.isChanged = false;
    if (this.link.isMeant) this.scrollIntoView({ block: "start" });
  }

  // What was typed into a field; if it cannot be, the old number comes back, and the line says what can.
  enter(name) {
    const typed = this.view.typed();
    const { setting, ignored } = checked({ ...this.setting, ...typed, step: sameStep(this.setting, typed.num_steps) });
    if (!ignored.length) return this.change(setting);
    this.view.showControls(this.setting);
    return this.tell(allowed(name, this.setting.surface));
  }

  activate(rule) {
    this.change(this.choice.activate(this.setting, rule));
  }

  reset() {
    this.view.typing.replace(this.initial.setting);
    this.change(this.choice.back(this.setting, this.initial.setting));
  }

  startAnew() {
    const rule = this.choice.bookRule(this.setting);
    this.view.typing.enter(RULES[rule].formula);
    const knobs = this.setting.runs[rule] ?? this.choice.knobsOf(this.setting, rule);
    this.choice.isWritten = false;
    this.change(this.choice.write(this.setting, RULES[rule].formula, knobs));
  }

  overlay({ value, checked: isShown }) {
    this.change(isShown ? this.choice.tick(this.setting, value) : this.choice.hide(this.setting, value));
  }

  turnKnob(name, value) {
    const { runs, active } = this.setting;
    this.change({ runs: { ...runs, [active]: { ...runs[active], [name]: value } } });
  }

  // A change of the setting itself: everything is run and drawn again.
  change(changes) {
    this.player.pause();
    this.isStale = true;
    this.turn(changes);
  }

  jump(step) {
    this.player.pause();
    this.turn({ step: clamp(step, 0, this.setting.num_steps) });
  }

  turn(changes) {
    this.setting = { ...this.setting, ...changes };
    this.isChanged = true;
    this.notice = "";
    this.redraw();
  }

  // Words that stand in the line until something changes.
  tell(notice) {
    this.player.pause();
    this.notice = notice;
    this.redraw();
  }

  playOrPause() {
    const { step, num_steps } = this.setting;
    if (this.player.playing) this.player.pause();
    else this.player.play(step < num_steps ? step : 0, num_steps);
  }
}

// What can be asked of it without an instrument on the page.
Object.assign(OptimizerPlayground, { facts: { rules: RULES }, run, checked, toAddress, fromAddress, read, toPython });

// A page may have this script twice: the first one counts.
if (!customElements.get("optimizer-playground")) customElements.define("optimizer-playground", OptimizerPlayground);
