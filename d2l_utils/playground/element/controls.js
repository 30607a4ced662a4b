// Which control of the view asks the element for what.

import { onSurface } from "./setting.js";
import { TYPED } from "./view.js";

export function listen(element) {
  const { parts } = element.view;
  const on = (part, event, action) => parts[part].addEventListener(event, action);
  on("surface", "change", () => element.change(onSurface(element.setting, parts.surface.value)));
  on("active", "change", () => element.activate(parts.active.value));
  // Who comes back to the menu, or points at it, has chosen what is there.
  for (const event of ["focus", "pointerdown"]) on("active", event, () => (element.choice.passing = null));
  for (const name of TYPED) on(name, "change", () => element.enter(name));
  on("overlays", "change", ({ target }) => element.overlay(target));
  on("step", "input", () => element.jump(Number(parts.step.value)));
  on("back", "click", () => element.jump(element.setting.step - 1));
  on("forward", "click", () => element.jump(element.setting.step + 1));
  on("play", "click", () => element.playOrPause());
  on("reset", "click", () => element.reset());
  on("python", "click", async () => element.tell(await element.view.typing.copy(element.setting)));
  on("anew", "click", () => element.startAnew());
  on("copy", "click", async () => element.tell(await element.link.copy(element.setting, element.view.typing.error)));
  on("details", "toggle", () => element.view.showTable());
  parts.copy.hidden = !element.link;
  if (element.link) window.addEventListener("hashchange", () => element.readLink());
}
