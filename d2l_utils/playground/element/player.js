// Plays the steps one after the other, at a pace that shows few of them singly and many of them soon.

export class Player {
  constructor(onStep, onChange) {
    Object.assign(this, { onStep, onChange, playing: false });
  }

  // From a step to the last; under reduced motion two steps a second and no faster.
  play(from, to) {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const pace = calm ? 2 : Math.max(6, to / 8);
    let began = null;
    const tick = (now) => {
      if (!this.playing) return;
      began ??= now;
      const step = Math.min(from + Math.floor(((now - began) / 1000) * pace), to);
      this.onStep(step);
      if (step < to) requestAnimationFrame(tick);
      else this.pause();
    };
    this.playing = true;
    this.onChange(this.playing);
    requestAnimationFrame(tick);
  }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    this.onChange(this.playing);
  }
}
