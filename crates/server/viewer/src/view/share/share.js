// Sharing what is on display: as a link, as a picture, and as a frame in another page.

import { create } from "../../shared/dom.js";
import { CopyField } from "./copy-field.js";
import { embedSnippet } from "./embed.js";
import { PictureSection } from "./picture-section.js";

const ICON = "M12 15V3.5M7.5 8L12 3.5 16.5 8M5 12v8h14v-8";

/** How often the link on display is brought up to date, in milliseconds: everything on the page can change it. */
const INTERVAL = 400;

/** A part of the panel with a field. */
function fieldSection(title, field) {
  const section = create("section", "", "share-part");
  section.append(create("h3", title), field.element);
  return section;
}

class Share {
  #page;
  #link;
  #embed;
  #timer = null;

  constructor(page) {
    this.#page = page;
    const announce = (text) => page.announce(text);
    const panel = page.panels.add({
      id: "share",
      title: "Share",
      icon: ICON,
      key: "s",
      group: "share",
      onOpen: () => this.#follow(),
      onClose: () => clearInterval(this.#timer),
    });
    this.#link = new CopyField({
      id: "share-link",
      label: "Shows the same place, rotation, colours, measurements and comparison.",
      action: "Copy link",
      announce,
    });
    this.#embed = new CopyField({
      id: "share-embed",
      label: "HTML that shows this view in another page. Whoever opens it has to reach this server.",
      action: "Copy HTML",
      rows: 4,
      announce,
    });
    panel.body.append(
      fieldSection("Link", this.#link),
      new PictureSection(page).element,
      fieldSection("Embed", this.#embed),
    );
  }

  /** Keeps the texts up to date while the panel is open. */
  #follow() {
    this.#show();
    this.#timer = setInterval(() => this.#show(), INTERVAL);
  }

  #show() {
    const { link, slide } = this.#page;
    const url = link.href();
    this.#link.text = url;
    this.#embed.text = embedSnippet(url, slide.title);
  }
}

/** Adds the panel "Share" to the page. */
export function connectShare(page) {
  new Share(page);
}
