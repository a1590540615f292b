// The viewer's page, as its features see it: the slide on display, and the places where a feature adds its controls.

import { element } from "../shared/dom.js";
import { Keys } from "./keys.js";
import { Link } from "./link.js";
import { Panels } from "./panels.js";
import { Toolbar } from "./toolbar.js";

export class Page {
  #slide;
  #listeners = [];

  /** `viewer` is the OpenSeadragon viewer, in which `slide` is open. */
  constructor(viewer, slide) {
    this.viewer = viewer;
    this.#slide = slide;
    this.keys = new Keys(element("keys"));
    this.toolbar = new Toolbar(element("rail"), this.keys);
    this.panels = new Panels(element("panels"), this.toolbar, viewer.canvas);
    this.link = new Link();
  }

  /** The server's description of the version on display. */
  get slide() {
    return this.#slide;
  }

  /** Runs `listener(slide)` now, and each time another version of the slide is on display. */
  onSlide(listener) {
    this.#listeners.push(listener);
    listener(this.#slide);
  }

  /** Tells all listeners that `slide` is now on display. */
  display(slide) {
    this.#slide = slide;
    for (const listener of this.#listeners) listener(slide);
  }

  /** Has a screen reader say `text` when it has finished what it is saying. */
  announce(text) {
    const region = element("announcement");
    // The same text twice in a row is said twice only if the region's content changes.
    region.textContent = region.textContent === text ? `${text}\u00a0` : text;
  }
}
