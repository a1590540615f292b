// Notices when the slide on display has been replaced on the server, and shows the new version on request.

import { describeSlide } from "./api.js";
import { element } from "./dom.js";
import { carryView, currentView, moveTo, saveView } from "./view-link.js";

/** Minimum time between two requests for the slide's version, in milliseconds. */
const CHECK_INTERVAL = 1000;

/**
 * A function that runs `action` again each time it is called, but never twice at the same time and not before
 * `CHECK_INTERVAL` after the previous run. Calls during that time lead to one further run.
 */
function throttled(action) {
  let wanted = false;
  let running = false;
  return async () => {
    wanted = true;
    if (running) return;
    running = true;
    while (wanted) {
      wanted = false;
      await action();
      await new Promise((done) => setTimeout(done, CHECK_INTERVAL));
    }
    running = false;
  };
}

/** The notice that the slide has changed, with its button to show the new version. */
class ChangeNotice {
  #viewport;
  #canvas;
  #displayed;
  #open;
  #present;
  /** From the button's click until the new version is shown: the view to restore, and the version that it is of. */
  #previous = null;

  constructor(viewer, displayed, { open, present }) {
    this.#viewport = viewer.viewport;
    this.#canvas = viewer.canvas;
    this.#displayed = displayed;
    this.#open = open;
    this.#present = present;
  }

  /** Shows the notice if the server has another version of the slide. */
  async check() {
    const { slide } = this.#displayed;
    try {
      const { generation } = await describeSlide(slide.id);
      // Another version may have been opened before the response arrived.
      if (generation !== slide.generation && slide === this.#displayed.slide && !this.#previous) this.#show();
    } catch {
      // If the slide or the server is gone, the missing tiles are reported.
    }
  }

  #show() {
    const notice = element("changed");
    if (!notice.hidden) return;
    element("changed-text").textContent = "This slide has changed on the server.";
    notice.hidden = false;
  }

  async showNewVersion() {
    const button = element("changed-show");
    if (button.hasAttribute("aria-disabled")) return;
    button.setAttribute("aria-disabled", "true");
    try {
      await this.#openNewVersion();
    } catch (error) {
      element("changed-text").textContent =
        `The slide has changed, and its new version cannot be shown: ${error.message}`;
    }
    button.removeAttribute("aria-disabled");
  }

  async #openNewVersion() {
    this.#previous ??= { view: currentView(this.#viewport), slide: this.#displayed.slide };
    const slide = await this.#open();
    this.#displayed.slide = slide;
    this.#present(slide);
    moveTo(this.#viewport, carryView(this.#previous.view, this.#previous.slide, slide), true);
    saveView(this.#viewport);
    this.#previous = null;
    element("changed").hidden = true;
    this.#canvas.focus();
  }
}

/**
 * Watches for a new version of `displayed.slide`, because the server refuses the tiles of an old one, and offers to
 * show it: `open()` opens the current version and returns it, `present(slide)` fills in the facts on the page.
 */
export function connectVersion(viewer, displayed, { open, present }) {
  const notice = new ChangeNotice(viewer, displayed, { open, present });
  const check = throttled(() => notice.check());
  // The failure of a tile does not say why it failed, so the server is asked for the slide's version.
  viewer.addHandler("tile-load-failed", check);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") check();
  });
  element("changed-show").addEventListener("click", () => notice.showNewVersion());
}
