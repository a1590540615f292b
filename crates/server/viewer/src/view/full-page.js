// The stage on the whole screen.

import { element } from "../shared/dom.js";

const CORNERS = "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5";

export class FullPage {
  #stage = element("stage");
  #button;

  constructor({ toolbar }) {
    this.#button = toolbar.add({
      id: "full-page",
      label: "Full page",
      icon: CORNERS,
      key: "f",
      group: "page",
      pressed: false,
      onClick: () => this.set(!this.isOn),
    });
    document.addEventListener("fullscreenchange", () => {
      // The full screen can also be left by the browser's own keys and buttons.
      if (!document.fullscreenElement) this.set(false);
    });
  }

  get isOn() {
    return this.#stage.classList.contains("full-page");
  }

  /** Uses the browser's full screen where it is available. Elsewhere, as on some phones, the stage fills the page. */
  async set(full) {
    this.#stage.classList.toggle("full-page", full);
    this.#button.setAttribute("aria-pressed", String(full));
    try {
      if (full) await this.#stage.requestFullscreen?.();
      else if (document.fullscreenElement) await document.exitFullscreen();
    } catch {
      // The browser refuses, for example inside a frame. The stage still fills the page.
    }
  }
}
