// The page's address, which its instruments share: each has a part of its own, #play?...;play-2?...

import { fromAddress, toAddress } from "./address.js";
import { _, sentences } from "./say.js";

const PARTS = new Map(); // what the address says, by the instruments' names

// Whether the clipboard has taken a text.
export const copied = async (text) =>
  navigator.clipboard?.writeText(text).then(
    () => true,
    () => false,
  );

export class Link {
  // That of an instrument with the attribute address; null where the page's address is not to be touched.
  static of(element) {
    const linked = [...document.querySelectorAll(`${element.localName}[address]`)];
    return linked.includes(element) ? new Link(linked.indexOf(element)) : null;
  }

  // The first of a page is called play, as it was when it was the only one.
  constructor(place) {
    this.name = place > 0 ? `play-${place + 1}` : "play";
  }

  // What the address gives for this one, unchecked; null where it says nothing of it.
  read() {
    const parts = location.hash.slice(1).split(";");
    const own = parts.find((part) => part.startsWith(`${this.name}?`));
    return own === undefined ? null : fromAddress(own, this.name);
  }

  // Whether this is the one that the address leads to.
  get isMeant() {
    return location.hash.startsWith(`#${this.name}?`);
  }

  keep(setting) {
    PARTS.set(this.name, toAddress(setting, this.name));
  }

  // The own part comes first: who opens this address is led here.
  write(setting) {
    PARTS.delete(this.name);
    const others = [...PARTS.values()];
    this.keep(setting);
    history.replaceState(history.state, "", `#${[PARTS.get(this.name), ...others].join(";")}`);
  }

  // Resolves to what came of it, in words.
  async copy(setting, isBroken) {
    this.write(setting);
    const { href } = new URL(`#${PARTS.get(this.name)}`, location);
    const isCopied = await copied(href);
    return sentences([
      isCopied ? _("The link is copied.") : _("The link is in the address bar: copy it from there."),
      isBroken && setting.runs.own && _("It has the last rule that could be read."),
      isCopied && location.protocol === "file:" && _("It opens on this computer only."),
    ]);
  }
}
