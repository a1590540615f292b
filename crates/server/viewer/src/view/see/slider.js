// A labelled slider with its value and a button that resets it.

import { button, create } from "../../shared/dom.js";

/** Path of the icon of a reset: an arrow that turns back. */
const RESET = "M4 4v6h6M4.5 10a8 8 0 1 1-1 6";

/** One row of the panel. */
export class Slider {
  element = create("div", "", "look-row");
  #input = document.createElement("input");
  #output = create("output", "", "number");
  #reset;
  #neutral;
  #format;

  /**
   * `range` has `min`, `max`, `step` and `neutral`. `format(value)` is the text of a value, and `onChange(value)` is
   * called when the slider is moved or reset. `id` has to be unique on the page.
   */
  constructor({ id, label, range, format, onChange }) {
    this.#neutral = range.neutral;
    this.#format = format;
    Object.assign(this.#input, { type: "range", id, min: range.min, max: range.max, step: range.step });
    this.#output.htmlFor = id;
    // The slider itself speaks its value.
    this.#output.setAttribute("aria-live", "off");
    const text = create("label", label);
    text.htmlFor = id;
    const reset = () => {
      onChange(range.neutral);
      this.#input.focus();
    };
    this.#reset = button({ label: `Reset ${label.toLowerCase()}`, icon: RESET, classes: "look-reset", onClick: reset });
    this.#input.addEventListener("input", () => onChange(this.#input.valueAsNumber));
    this.#input.addEventListener("dblclick", reset);
    this.element.append(text, this.#input, this.#output, this.#reset);
    this.show(range.neutral);
  }

  /** Shows a value that was set elsewhere. */
  show(value) {
    const text = this.#format(value);
    this.#input.value = value;
    this.#input.setAttribute("aria-valuetext", text);
    this.#output.textContent = text;
    this.#reset.disabled = value === this.#neutral;
  }
}
