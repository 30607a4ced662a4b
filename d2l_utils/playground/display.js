// The element's outside: how it shows its setting in pictures, controls, words and the address.

const WIDE = 620; // pixels, from which the pictures stand beside each other
const GAP = 20;
const SECOND = ["", "4 3"]; // the dashes of x1 and of x2

class Display extends HTMLElement {
  build() {
    const shadow = this.attachShadow({ mode: "open" });
    shadow.innerHTML = layout();
    shadow.prepend(Object.assign(document.createElement("style"), { textContent: STYLE }));
    const parts = [...shadow.querySelectorAll("[data-part]")];
    this.parts = Object.fromEntries(parts.map((part) => [part.dataset.part, part]));
    this.map = new MapPanel(this.parts.map, (start) => this.change({ start }));
    this.loss = new CurvePanel(this.parts.loss, "loss");
    this.rate = new CurvePanel(this.parts.rate, "effective step", ["x1", "x2"]);
    this.parts.copy.hidden = !this.hasAttribute("address");
  }

  resize(width) {
    if (width === 0 || width === this.width) return;
    this.width = width;
    const wide = width >= WIDE;
    const aside = wide ? Math.floor((width - GAP) * 0.4) : width;
    this.map.resize(wide ? width - GAP - aside : width);
    const height = wide ? Math.floor(this.map.frame.height / 2) : 170;
    for (const panel of [this.loss, this.rate]) panel.resize(aside, height);
    this.isStale = true;
    this.redraw();
  }

  redraw() {
    if (this.isWaiting || !this.width) return;
    this.isWaiting = true;
    requestAnimationFrame(() => {
      this.isWaiting = false;
      this.draw();
    });
  }

  draw() {
    if (this.isStale) this.drawRuns();
    this.isStale = false;
    for (const panel of [this.map, this.loss, this.rate]) panel.drawStep(this.setting);
    this.parts.step.value = this.setting.step;
    this.parts.step.setAttribute("aria-valuetext", `step ${this.setting.step} of ${this.setting.num_steps}`);
    this.parts.stepText.textContent = `step ${this.setting.step} of ${this.setting.num_steps}`;
    this.showKey();
    this.showLine();
    this.announce();
    if (this.isChanged && !this.player.playing) this.keepAddress();
  }

  drawRuns() {
    const { surface, active, num_steps } = this.setting;
    this.traces = run(this.setting);
    this.map.drawSurface(surface);
    this.map.drawPaths(this.setting, this.traces);
    const inFront = Object.values(this.traces).sort((a, b) => (a.rule === active) - (b.rule === active));
    const losses = inFront.map(({ rule, losses }) => {
      const stroke = strokeOf(rule, rule === active ? 2 : 1.25, num_steps);
      return { values: losses, first: 0, stroke, marker: RULES[rule].marker };
    });
    this.loss.draw(losses, num_steps, 1000 * this.traces[active].losses[0]);
    const rates = [0, 1].map((i) => ({
      values: this.traces[active].effective.map((pair) => pair[i]),
      first: 1,
      stroke: { stroke: RULES[active].colour, "stroke-width": 1.75, "stroke-dasharray": SECOND[i], fill: "none" },
    }));
    this.rate.draw(rates, num_steps);
    this.showControls();
    this.showTable();
  }

  showKey() {
    const key = keyOf(this.traces[this.setting.active], this.map.unit);
    if (key !== this.keyShown) this.parts.key.innerHTML = key;
    this.keyShown = key;
  }

  showControls() {
    const { surface, start, num_steps, seed, runs, active } = this.setting;
    const { parts } = this;
    const values = { surface, active, start1: start[0], start2: start[1], num_steps, seed };
    for (const [name, value] of Object.entries(values)) {
      parts[name].value = value;
    }
    parts.formula.textContent = SURFACES[surface].formula;
    ["x1", "x2"].forEach((axis, i) => {
      [parts[`start${i + 1}`].min, parts[`start${i + 1}`].max] = SURFACES[surface][axis];
    });
    parts.seedLabel.hidden = surface !== "noisy";
    parts.step.max = num_steps;
    for (const box of parts.overlays.querySelectorAll("input")) {
      box.checked = box.value in runs;
      box.disabled = box.checked && Object.keys(runs).length === 1;
    }
    if (this.knobsShown !== active) {
      parts.knobs.replaceChildren(...knobRows(active, (name, value) => this.turnKnob(name, value)));
    }
    this.knobsShown = active;
    Object.values(runs[active]).forEach((value, i) => showKnob(parts.knobs.children[i], value));
  }

  showPlaying() {
    this.parts.play.innerHTML = icon(this.player.playing ? "pause" : "play");
    this.parts.play.setAttribute("aria-label", this.player.playing ? "pause" : "play");
    this.redraw();
  }

  showTable() {
    const { details, table } = this.parts;
    table.replaceChildren(...(details.open && this.traces ? [tableOf(this.traces[this.setting.active])] : []));
  }

  // The line that is seen is always true; the same words are spoken once all is at rest.
  showLine() {
    this.parts.line.textContent = this.notice || statusOf(this.setting, this.traces);
  }

  speak() {
    const { status, line } = this.parts;
    if (this.player.playing) return;
    if (status.textContent !== line.textContent) status.textContent = line.textContent;
  }

  get addressName() {
    return this.getAttribute("address") || "play";
  }

  writeAddress() {
    if (!this.hasAttribute("address")) return;
    history.replaceState(history.state, "", toAddress(this.setting, this.addressName));
  }

  readAddress() {
    const given = this.hasAttribute("address") && fromAddress(location.hash, this.addressName);
    if (!given) return;
    const { setting, ignored } = checked(given);
    this.change(setting);
    this.notice = notUnderstood(ignored);
    this.isChanged = false;
    this.scrollIntoView({ block: "start" });
  }

  copyLink() {
    this.writeAddress();
    const where = location.protocol === "file:" ? " It opens on this computer only." : "";
    const copied = () => this.tell(`The link is copied.${where}`);
    const failed = () => this.tell("The link is in the address bar: copy it from there.");
    if (!navigator.clipboard) failed();
    else navigator.clipboard.writeText(location.href).then(copied, failed);
  }
}
