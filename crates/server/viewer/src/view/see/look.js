// The adjustment of the slide's colours: its state, its part of the link, and the filter that shows it.

import { element } from "../../shared/dom.js";
import { formatLook, isNeutral, NEUTRAL, parseLook, table } from "./adjustment.js";

const SVG = "http://www.w3.org/2000/svg";

/** An SVG filter that looks up red, green and blue in a table. It is part of the page, but nothing is drawn of it. */
class TableFilter {
  #filter = document.createElementNS(SVG, "filter");
  #functions = ["feFuncR", "feFuncG", "feFuncB"].map((name) => document.createElementNS(SVG, name));
  #version = 0;

  constructor() {
    const region = { x: "0", y: "0", width: "100%", height: "100%", "color-interpolation-filters": "sRGB" };
    for (const [name, value] of Object.entries(region)) this.#filter.setAttribute(name, value);
    const transfer = document.createElementNS(SVG, "feComponentTransfer");
    for (const channel of this.#functions) channel.setAttribute("type", "table");
    transfer.append(...this.#functions);
    this.#filter.append(transfer);
    const holder = document.createElementNS(SVG, "svg");
    holder.setAttribute("class", "look-filter");
    holder.setAttribute("aria-hidden", "true");
    holder.append(this.#filter);
    document.body.append(holder);
  }

  /**
   * Uses a table of 256 values, and returns the filter as a value for CSS. The name changes with the table, since
   * browsers may otherwise go on showing the old one.
   */
  use(values) {
    // A browser may round down or to the nearest: a quarter above the whole number is right for both.
    const text = Array.from(values, (value) => ((value + 0.25) / 255).toFixed(6)).join(" ");
    for (const channel of this.#functions) channel.setAttribute("tableValues", text);
    this.#version += 1;
    this.#filter.id = `look-filter-${this.#version}`;
    return `url(#${this.#filter.id})`;
  }
}

/** The adjustment of the slide on display. `listener()` is called after each change. */
export class Look {
  #page;
  #filter = null;
  #css = "";
  #canvas = null;
  #adjustment = { ...NEUTRAL };
  #listener = () => {};

  constructor(page) {
    this.#page = page;
    page.link.add("look", {
      read: (text) => this.#use(parseLook(text)),
      write: () => formatLook(this.#adjustment),
    });
    // OpenSeadragon makes another canvas if it has to draw in another way from now on.
    page.viewer.addHandler("update-viewport", () => {
      if (page.viewer.drawer.canvas !== this.#canvas) this.#draw();
    });
  }

  set listener(listener) {
    this.#listener = listener;
  }

  get adjustment() {
    return this.#adjustment;
  }

  /** The lookup table on display, or null if nothing is adjusted. */
  get table() {
    return isNeutral(this.#adjustment) ? null : table(this.#adjustment);
  }

  /** Changes some values of the adjustment. They have to be within their ranges. */
  change(values) {
    this.#use({ ...this.#adjustment, ...values });
    this.#page.link.save();
  }

  reset() {
    this.change(NEUTRAL);
  }

  #use(adjustment) {
    this.#adjustment = adjustment;
    const { table } = this;
    if (table) this.#filter ??= new TableFilter();
    this.#css = table ? this.#filter.use(table) : "";
    this.#draw();
    this.#listener();
  }

  #draw() {
    this.#canvas = this.#page.viewer.drawer.canvas;
    for (const picture of [this.#canvas, element("thumbnail")]) if (picture) picture.style.filter = this.#css;
  }
}
