// A list of any length, of which only the part in view and a margin are in the page.

import { Geometry } from "./geometry.js";
import { canBeOpened, keyOf, versionOf } from "./items.js";

/** What is kept above and below the screen, in screens. */
const MARGIN = 0.75;

/**
 * The layout is the style sheet's: the list is a grid whose columns, height of rows and gap are read from it. Items are
 * placed in it by their column and the distance from the top. The list must not be hidden.
 */
export class CardWindow {
  #list;
  #build;
  #items = [];
  #isComplete = false;
  /** The index of each item by its key. */
  #indices = new Map();
  /** What is in the page by its key: `{ element, version }`. */
  #shown = new Map();
  #geometry = new Geometry(1, 1, 0);
  #frame = null;

  /** `build(item)` makes the `<li>` of an item. */
  constructor(list, build) {
    this.#list = list;
    this.#build = build;
    window.addEventListener("scroll", () => this.#updateSoon(), { passive: true });
    // At once, so that the neighbours of what has the focus are there when Tab is pressed again.
    list.addEventListener("focusin", () => this.#update());
    window.addEventListener("resize", () => this.#resize());
    new ResizeObserver(() => this.#resize()).observe(list);
  }

  /** Shows these items in place of the others. The page is not scrolled. */
  show(items, isComplete) {
    this.#items = items;
    this.#isComplete = isComplete;
    this.#indices = new Map(items.map((item, index) => [keyOf(item), index]));
    this.#measure();
    this.#update();
  }

  /** What the reader looks at, as something that `hold` brings back, or null if the list is not scrolled. */
  anchor() {
    const { top } = this.#list.getBoundingClientRect();
    if (top >= 0 || this.#items.length === 0) return null;
    const index = this.#geometry.itemAt(window.innerHeight / 3 - top, this.#items.length);
    return { key: keyOf(this.#items[index]), top: top + this.#geometry.top(index) };
  }

  /** Scrolls until the item of an anchor is where it was. False if the list does not have it. */
  hold(anchor) {
    const index = anchor ? this.#indices.get(anchor.key) : undefined;
    if (index === undefined) return false;
    const top = this.#list.getBoundingClientRect().top + this.#geometry.top(index);
    window.scrollBy({ top: top - anchor.top, behavior: "instant" });
    this.#update();
    return true;
  }

  /** The key of the item that has the focus, or null. */
  focusedKey() {
    return this.#focused()?.dataset.key ?? null;
  }

  /** Gives the focus to the item with this key, if it is in the page, without scrolling. */
  focus(key) {
    this.#shown.get(key)?.element.querySelector("a")?.focus({ preventScroll: true });
  }

  #focused() {
    const item = document.activeElement?.closest("[data-key]");
    return item && this.#list.contains(item) ? item : null;
  }

  #measure() {
    const style = getComputedStyle(this.#list);
    const [height, gap] = [Number.parseFloat(style.gridAutoRows), Number.parseFloat(style.rowGap)];
    this.#geometry = new Geometry(style.gridTemplateColumns.split(" ").length, height + gap, gap);
    this.#list.style.height = `${this.#geometry.height(this.#items.length)}px`;
  }

  #resize() {
    const { columns, stride } = this.#geometry;
    const anchor = this.anchor();
    this.#measure();
    this.#update();
    if (columns !== this.#geometry.columns || stride !== this.#geometry.stride) this.hold(anchor);
  }

  #updateSoon() {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      this.#update();
    });
  }

  #update() {
    const focused = this.#focused();
    const focus = focused && { key: focused.dataset.key, index: Number(focused.getAttribute("aria-posinset")) - 1 };
    const wanted = this.#wanted(focus && this.#indexOf(focus));
    this.#remove(new Set(wanted.map((index) => keyOf(this.#items[index]))));
    let next = this.#list.firstElementChild;
    for (const index of wanted) {
      const element = this.#elementOf(index);
      if (element === next) next = next.nextElementSibling;
      else this.#list.insertBefore(element, next);
      this.#place(element, index);
    }
    // The focus is lost if its item was drawn anew, moved or removed. Then it goes to what is there now.
    if (focus && !this.#focused()) this.focus(this.#keyAt(this.#indexOf(focus)));
  }

  /** Where an item is that had the focus, or what took its place. */
  #indexOf({ key, index }) {
    return this.#indices.get(key) ?? Math.min(index, this.#items.length - 1);
  }

  #keyAt(index) {
    return index >= 0 ? keyOf(this.#items[index]) : null;
  }

  /**
   * The indices of all items that belong into the page, in order. The item with the focus and its neighbours always
   * do, so that scrolling does not lose the focus and Tab goes on from there.
   */
  #wanted(focused) {
    const top = -this.#list.getBoundingClientRect().top;
    const margin = MARGIN * window.innerHeight;
    const [first, end] = this.#geometry.range(top - margin, top + window.innerHeight + margin, this.#items.length);
    const wanted = new Set();
    for (let index = first; index < end; index += 1) wanted.add(index);
    if (focused !== null && focused >= 0) {
      for (const index of [this.#neighbour(focused, -1), focused, this.#neighbour(focused, 1)]) {
        if (index in this.#items) wanted.add(index);
      }
    }
    return [...wanted].sort((one, other) => one - other);
  }

  /** The nearest item before (-1) or after (1) this one that can have the focus. */
  #neighbour(index, step) {
    let neighbour = index + step;
    while (neighbour in this.#items && !canBeOpened(this.#items[neighbour])) neighbour += step;
    return neighbour;
  }

  /** Removes what is not wanted any more, and what is out of date. */
  #remove(wanted) {
    for (const [key, { element, version }] of this.#shown) {
      if (wanted.has(key) && version === versionOf(this.#items[this.#indices.get(key)])) continue;
      element.remove();
      this.#shown.delete(key);
    }
  }

  #elementOf(index) {
    const item = this.#items[index];
    const key = keyOf(item);
    if (!this.#shown.has(key)) {
      const element = this.#build(item);
      element.dataset.key = key;
      this.#shown.set(key, { element, version: versionOf(item) });
    }
    return this.#shown.get(key).element;
  }

  #place(element, index) {
    const column = this.#geometry.column(index) + 1;
    element.style.gridColumn = `${column} / ${column + 1}`;
    element.style.top = `${this.#geometry.top(index)}px`;
    element.setAttribute("aria-posinset", String(index + 1));
    element.setAttribute("aria-setsize", String(this.#isComplete ? this.#items.length : -1));
  }
}
