// Comparing the slide on display with a second one: beside it, or lying over it.

import { element } from "../../shared/dom.js";
import { describeReadable } from "../slide-view.js";
import { ComparePanel } from "./compare-panel.js";
import { ARRANGED, formatArrangement, parseArrangement, parseWay } from "./compare-link.js";
import { Comparison, isMissing } from "./comparison.js";
import { ALIGNED } from "./lock.js";
import { CompareNotice } from "./notice.js";

const ICON = "M4 5h7v14H4zM13 5h7v14h-7zM7.5 9v6M16.5 9v6";

/** What is wrong with the slide that was asked for, as a sentence. */
function refusal(id, error) {
  if (isMissing(error)) return `There is no slide “${id}” here to compare with.`;
  return `“${id}” cannot be shown: ${error.message}`;
}

export class Compare {
  #page;
  #panel;
  #controls;
  #notice = new CompareNotice();
  /** What the link says: the id of the second slide or null, the way, and the arrangement. */
  #id = null;
  #way = parseWay(null);
  #arrangement = ARRANGED;
  /** The second slide on the page, or null. */
  #comparison = null;
  #isReading = false;
  /** The id of the second slide when the list was last filled, or undefined before that. */
  #listed;

  constructor(page) {
    this.#page = page;
    this.#panel = page.panels.add({
      id: "compare",
      title: "Compare",
      icon: ICON,
      key: "c",
      group: "compare",
      description: "Shows a second slide at the same place and the same size.",
      onOpen: () => this.#list(),
    });
    this.#controls = new ComparePanel(this.#panel.body, {
      isOffered: (slide) => slide.id !== page.slide.id && slide.id !== this.#id,
      onChoose: (slide) => this.#choose(slide),
      onWay: (way) => this.#change({ way }),
      onOpacity: (opacity) => this.#change({ opacity }),
      onTurn: (turn) => this.#turnTo(turn),
      onLock: (locked) => this.#setLocked(locked),
      onAlign: () => this.#align(ALIGNED),
      onSwap: () => this.#swap(),
      onClose: () => this.close(),
    });
    this.#connectLink(page.link);
    page.onSlide(() => this.#comparison?.follow());
    page.viewer.addHandler("animation-finish", () => this.#note());
    this.#show();
  }

  /** The viewer of the second slide, or null if none is open. */
  get viewer() {
    return this.#comparison?.slide ? this.#comparison.viewer : null;
  }

  /** The description of the second slide, or null if none is open. */
  get slide() {
    return this.#comparison?.slide ?? null;
  }

  #connectLink(link) {
    link.add("with", { read: (text) => this.#read(() => (this.#id = text)), write: () => this.#id });
    link.add("as", {
      read: (text) => this.#read(() => (this.#way = parseWay(text))),
      write: () => (this.#id === null ? null : this.#way),
    });
    link.add("at", {
      read: (text) => this.#read(() => (this.#arrangement = parseArrangement(text))),
      write: () => (this.#id === null ? null : formatArrangement(this.#current)),
    });
  }

  /** The link's parts are read one by one, and the page follows when all of them are known. */
  #read(assign) {
    assign();
    if (this.#isReading) return;
    this.#isReading = true;
    queueMicrotask(() => {
      this.#isReading = false;
      this.#restore();
    });
  }

  #restore() {
    if (this.#id === this.#page.slide.id) this.#id = null;
    if (this.#id !== null && this.#comparison?.slide?.id === this.#id) this.#align(this.#arrangement.alignment);
    else this.#open();
  }

  /** The arrangement as it is on the screen now. */
  get #current() {
    return { ...this.#arrangement, alignment: this.#comparison?.alignment ?? this.#arrangement.alignment };
  }

  #choose(slide) {
    // The choice leaves the list, and a focus on the filter would open the keyboard of a phone.
    this.#panel.focus();
    this.#id = slide.id;
    this.#arrangement = { ...this.#arrangement, alignment: ALIGNED };
    this.#open();
    this.#page.link.save();
  }

  /** Shows the slide `#id`, if any, or says why it cannot be shown. */
  async #open() {
    const id = this.#id;
    this.#remove();
    this.#notice.hide();
    this.#show();
    if (id === null) return;
    try {
      const slide = await describeReadable(id);
      if (this.#id === id && !this.#comparison) this.#add(slide);
    } catch (error) {
      if (this.#id !== id) return;
      this.#id = null;
      this.#notice.show(refusal(id, error));
      this.#page.link.save();
    }
    this.#show();
  }

  #add(slide) {
    this.#comparison = new Comparison(this.#page, slide, this.#arrangement.alignment, {
      onLock: (locked) => this.#setLocked(locked),
      onSwap: () => this.#swap(),
      onClose: () => this.close(),
      onDivide: (slider) => this.#change({ slider }),
      onChange: () => this.#note(),
    });
  }

  /** Changes the way, the slider or the opacity. */
  #change({ way = this.#way, ...arrangement }) {
    this.#way = way;
    this.#arrangement = { ...this.#arrangement, ...arrangement };
    this.#show();
    this.#page.link.save();
  }

  #setLocked(locked) {
    if (!this.#comparison) return;
    this.#comparison.isLocked = locked;
    this.#page.announce(locked ? "The slides move together" : "The second slide moves alone");
    this.#note();
  }

  #turnTo(turn) {
    this.#comparison?.turnTo(turn);
    this.#note();
  }

  #align(alignment) {
    this.#arrangement = { ...this.#arrangement, alignment };
    if (this.#comparison) this.#comparison.alignment = alignment;
    this.#note();
  }

  /** Takes down how the slides lie to each other. */
  #note() {
    if (!this.#comparison) return;
    this.#arrangement = this.#current;
    this.#show();
    this.#page.link.save();
  }

  /** Opens the second slide as the first. All links and keys of the page then are about it. */
  #swap() {
    const address = this.#comparison?.swapped(this.#way, this.#arrangement);
    if (address) location.assign(address);
  }

  /** Takes the second slide away. Its buttons go with it, so that the focus moves from them to the panel. */
  close() {
    if (this.#panel.hasFocus) this.#panel.focus();
    this.#id = null;
    this.#arrangement = { ...this.#arrangement, alignment: ALIGNED };
    this.#remove();
    this.#show();
    this.#page.link.save();
  }

  #remove() {
    this.#comparison?.remove();
    this.#comparison = null;
  }

  /** Draws the state everywhere. */
  #show() {
    const stage = element("stage");
    if (this.#comparison) stage.dataset.compare = this.#way;
    else delete stage.dataset.compare;
    const { slider, opacity, alignment } = this.#current;
    const locked = this.#comparison?.isLocked ?? true;
    this.#comparison?.show({ way: this.#way, slider, opacity });
    const title = this.#comparison?.slide?.title ?? null;
    this.#controls.show({ title, way: this.#way, opacity, locked, turn: alignment.turn });
    this.#list();
  }

  /** The list offers all slides but the two on display. */
  #list() {
    if (!this.#panel.isOpen || this.#listed === this.#id) return;
    this.#listed = this.#id;
    this.#controls.list();
  }
}

/** Adds the panel "Compare" to the page, and restores the comparison that the address names. */
export function connectCompare(page) {
  // Tests find the second viewer here.
  page.compare = new Compare(page);
}
