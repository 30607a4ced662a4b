// The page's address, as far as it belongs to a playground of this name.

import { fromAddress, toAddress } from "./address.js";

export class Link {
  constructor(name) {
    this.name = name;
  }

  read() {
    return fromAddress(location.hash, this.name);
  }

  write(setting) {
    history.replaceState(history.state, "", toAddress(setting, this.name));
  }

  // Resolves to what came of it, in words.
  async copy(setting) {
    this.write(setting);
    const where = location.protocol === "file:" ? " It opens on this computer only." : "";
    const copied = await navigator.clipboard?.writeText(location.href).then(
      () => true,
      () => false,
    );
    return copied ? `The link is copied.${where}` : "The link is in the address bar: copy it from there.";
  }
}
