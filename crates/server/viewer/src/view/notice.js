// The notice that tiles are missing, with its button to try again.

import { element } from "../shared/dom.js";

export class Notice {
  #page;
  #text = "";

  /** `retry` runs when the button is clicked. */
  constructor(page, retry) {
    this.#page = page;
    element("notice-retry").addEventListener("click", retry);
  }

  /** Shows a text, and has it said if it is another one than before. */
  show(text) {
    element("notice").hidden = false;
    if (text === this.#text) return;
    this.#text = text;
    element("notice-text").textContent = text;
    this.#page.announce(text);
  }

  /** Shows what happens next. This changes each second and is not said. */
  showNext(text) {
    element("notice-next").textContent = text;
  }

  hide() {
    const notice = element("notice");
    // The focus must not be lost with the button.
    if (notice.contains(document.activeElement)) this.#page.viewer.canvas.focus();
    notice.hidden = true;
    this.#text = "";
  }
}
