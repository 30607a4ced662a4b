// The element's inside: it holds the setting, and changes it as the controls say.

const TYPED = ["start1", "start2", "num_steps", "seed"];

class OptimizerPlayground extends Display {
  static facts = FACTS;
  static run = run;
  static checked = checked;
  static toAddress = toAddress;
  static fromAddress = fromAddress;

  connectedCallback() {
    if (this.shadowRoot) return;
    this.initial = checked(JSON.parse(this.getAttribute("setting") ?? "{}"));
    this.setting = this.initial.setting;
    this.notice = notUnderstood(this.initial.ignored);
    this.build();
    this.remembered = {};
    this.player = new Player((step) => this.turn({ step }), () => this.showPlaying());
    this.announce = settledAfter(300, () => this.speak());
    this.keepAddress = settledAfter(250, () => this.writeAddress());
    this.listen();
    const observer = new ResizeObserver(([entry]) => this.resize(entry.contentRect.width));
    observer.observe(this.shadowRoot.querySelector(".app"));
    this.readAddress();
  }

  listen() {
    const on = (part, event, action) => this.parts[part].addEventListener(event, action);
    on("surface", "change", () => this.change(onSurface(this.setting, this.parts.surface.value)));
    on("active", "change", () => this.activate(this.parts.active.value));
    for (const name of TYPED) on(name, "change", () => this.enter(name));
    on("overlays", "change", ({ target }) => this.overlay(target.value, target.checked));
    on("step", "input", () => this.jump(Number(this.parts.step.value)));
    on("back", "click", () => this.jump(this.setting.step - 1));
    on("forward", "click", () => this.jump(this.setting.step + 1));
    on("play", "click", () => this.playOrPause());
    on("reset", "click", () => this.change(this.initial.setting));
    on("copy", "click", () => this.copyLink());
    on("details", "toggle", () => this.showTable());
    if (this.hasAttribute("address")) window.addEventListener("hashchange", () => this.readAddress());
  }

  // What was typed into a field; if it cannot be, the old number comes back, and the line says what can.
  enter(name) {
    const [start1, start2, num_steps, seed] = TYPED.map((field) => this.parts[field].valueAsNumber);
    const step = sameStep(this.setting, num_steps);
    const { setting, ignored } = checked({ ...this.setting, start: [start1, start2], num_steps, seed, step });
    if (!ignored.length) this.change(setting);
    else {
      this.showControls();
      this.tell(allowed(name, this.setting.surface));
    }
  }

  // Another optimizer to look at; one that is not shown comes to the others.
  activate(rule) {
    const runs = { [rule]: this.knobsOf(rule), ...this.setting.runs };
    this.change({ runs: inOrder(runs), active: rule });
  }

  overlay(rule, shown) {
    const runs = { ...this.setting.runs };
    if (shown) runs[rule] = this.knobsOf(rule);
    else {
      this.remember(rule);
      delete runs[rule];
    }
    const active = this.setting.active in runs ? this.setting.active : Object.keys(inOrder(runs))[0];
    this.change({ runs: inOrder(runs), active });
  }

  // An optimizer that comes back has the knobs that it left with, if the surface is still the same.
  remember(rule) {
    this.remembered[`${rule} ${this.setting.surface}`] = this.setting.runs[rule];
  }

  knobsOf(rule) {
    return this.remembered[`${rule} ${this.setting.surface}`] ?? defaultKnobs(rule, this.setting.surface);
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
    this.turn({ step: Math.min(Math.max(step, 0), this.setting.num_steps) });
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
