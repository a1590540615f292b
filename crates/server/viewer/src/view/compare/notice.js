// A word about why there is nothing to compare with.

import { button, create, element } from "../../shared/dom.js";

const CROSS = "M6 6l12 12M18 6L6 18";

export class CompareNotice {
  #element = create("div", "", "compare-notice");
  #text = create("p", "");

  constructor() {
    this.#element.setAttribute("role", "alert");
    this.#element.append(this.#text, button({ label: "Close this notice", icon: CROSS, onClick: () => this.hide() }));
  }

  show(text) {
    element("stage").append(this.#element);
    this.#text.textContent = text;
  }

  hide() {
    this.#element.remove();
  }
}
