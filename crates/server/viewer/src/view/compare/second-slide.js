// The second slide's viewer, and why its tiles are missing if they are.

import { Cause, causeText, findCause } from "../cause.js";
import { panBy } from "../place.js";
import { createViewer, openCurrent } from "../slide-view.js";

/** How far an arrow key moves the view, as a fraction of its width or height, and how much a key zooms. */
const STEP = 0.15;
const ZOOM = 1.6;
const PANS = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
const ZOOMS = { "+": ZOOM, "=": ZOOM, "-": 1 / ZOOM };
/** It goes wherever the first slide goes, so it has no limits of its own. */
const OPTIONS = {
  showNavigator: false,
  minZoomImageRatio: 0.001,
  maxZoomPixelRatio: 1000,
  visibilityRatio: 0,
  tileRetryMax: 3,
  tileRetryDelay: 1000,
};
/** Minimum time between two questions about tiles that fail, in milliseconds. */
const CHECK_INTERVAL = 500;
/** What no further attempt of the viewer's own can mend. */
const LASTING = [Cause.UNREACHABLE, Cause.REMOVED, Cause.BROKEN];

export class SecondSlide {
  viewer;
  /** The server's description of the version on display, or null before it is open. */
  slide = null;
  #element;
  #listener;
  #timer = null;
  /** The tiles that have failed too often to be requested again. */
  #lost = new Set();
  #closed = false;

  /**
   * `listener` has `onTrouble(text, help)`, called when tiles fail, where `help` is what opening the slide anew may do,
   * and `onRecovery()`, called when all tiles are there.
   */
  constructor(element, listener) {
    this.#element = element;
    this.#listener = listener;
    this.viewer = createViewer(element, OPTIONS);
    this.viewer.addHandler("tile-load-failed", (event) => this.#fail(event));
    this.viewer.addHandler("tile-loaded", ({ tile }) => this.#lost.delete(tile));
    this.viewer.addHandler("fully-loaded-change", ({ fullyLoaded }) => {
      if (fullyLoaded && this.#lost.size === 0) listener.onRecovery();
    });
    element.addEventListener("keydown", this.#press);
  }

  /** Opens `slide`, which should be the current version. */
  async open(slide) {
    this.slide = await openCurrent(this.viewer, slide);
    this.#lost.clear();
  }

  /** Keys pressed on this slide move it, and not the first one. */
  #press = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.viewer.isOpen()) return;
    if (event.key in PANS) panBy(this.viewer, ...PANS[event.key]);
    else if (event.key in ZOOMS) this.viewer.viewport.zoomBy(ZOOMS[event.key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  #fail({ tile, tiledImage, maxReached }) {
    // Requests for a version that is no longer on display may still be running.
    if (this.#closed || this.viewer.world.getIndexOfItem(tiledImage) < 0) return;
    if (maxReached) this.#lost.add(tile);
    this.#timer ??= setTimeout(() => this.#examine(tile.getUrl()), CHECK_INTERVAL);
  }

  async #examine(url) {
    const { slide } = this;
    const cause = await findCause(slide, url);
    this.#timer = null;
    if (this.#closed || slide !== this.slide) return;
    if (cause.kind === Cause.CHANGED) {
      this.#listener.onTrouble("This slide has changed on the server.", "Show the new version");
    } else if (this.#lost.size > 0 || LASTING.includes(cause.kind)) {
      this.#listener.onTrouble(causeText(cause, Math.max(1, this.#lost.size)), "Try again");
    }
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#element.removeEventListener("keydown", this.#press);
    this.viewer.destroy();
  }
}
