// The line between two slides that lie one over the other: left of it is the first, right of it the second.

import { create } from "../../shared/dom.js";

/** By how many percent each key moves the divider, and where Home and End move it to. */
const STEPS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 };
const ENDS = { Home: 0, End: 100 };

/** A place of the divider in percent of the width. */
function within(percent) {
  return Math.min(100, Math.max(0, percent));
}

export class Divider {
  element = create("div", "", "compare-divider");
  #percent = 50;
  #onMove;

  /** `onMove(percent)` is called when the user moves the divider. */
  constructor(onMove) {
    this.#onMove = onMove;
    const { element } = this;
    element.tabIndex = 0;
    element.setAttribute("role", "slider");
    element.setAttribute("aria-label", "Divider between the first and the second slide");
    element.setAttribute("aria-valuemin", "0");
    element.setAttribute("aria-valuemax", "100");
    element.append(create("span", "", "compare-handle"));
    element.addEventListener("keydown", (event) => this.#press(event));
    element.addEventListener("pointerdown", (event) => this.#grasp(event));
    element.addEventListener("pointermove", (event) => {
      if (element.hasPointerCapture(event.pointerId)) this.#moveTo(this.#percentAt(event.clientX));
    });
    this.show(this.#percent);
  }

  /** Draws the divider at a place that was set elsewhere. */
  show(percent) {
    this.#percent = percent;
    this.element.style.left = `${percent}%`;
    this.element.setAttribute("aria-valuenow", String(Math.round(percent)));
    this.element.setAttribute("aria-valuetext", `${Math.round(percent)} % of the width shows the first slide`);
  }

  #percentAt(clientX) {
    const box = this.element.parentElement.getBoundingClientRect();
    return within(((clientX - box.left) / box.width) * 100);
  }

  #grasp(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    this.element.setPointerCapture(event.pointerId);
    this.element.focus({ preventScroll: true });
  }

  #press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in ENDS) this.#moveTo(ENDS[event.key]);
    else if (event.key in STEPS) this.#moveTo(this.#percent + STEPS[event.key] * (event.shiftKey ? 10 : 1));
    else return;
    // Otherwise an arrow key would move the slides, too.
    event.preventDefault();
    event.stopPropagation();
  }

  #moveTo(percent) {
    this.show(within(percent));
    this.#onMove(this.#percent);
  }
}
