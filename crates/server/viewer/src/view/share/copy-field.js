// A text to copy: a field that shows it, and a button.

import { button, create } from "../../shared/dom.js";

const BY_HAND = "Press Ctrl+C (⌘C on a Mac): the text is selected.";

export class CopyField {
  element = create("div", "", "copy-field");
  #field;
  #state = create("p", "", "copy-state");
  #announce;

  /**
   * `id` has to be unique on the page. `label` is what is written above the field, `action` on the button; `name` is the
   * button's name if that says too little. The field has `rows` lines. `announce(text)` has a screen reader say what
   * came of a click.
   */
  constructor({ id, label, action = "Copy", name = action, rows = 1, announce }) {
    this.#announce = announce;
    this.#field = document.createElement(rows > 1 ? "textarea" : "input");
    if (rows > 1) this.#field.rows = rows;
    Object.assign(this.#field, { id, readOnly: true, spellcheck: false, className: "number" });
    this.#field.addEventListener("focus", () => this.#field.select());
    const text = create("label", label);
    text.htmlFor = id;
    const copy = button({ label: name, text: action, classes: "copy-button", onClick: () => this.#copy() });
    this.#state.hidden = true;
    this.element.append(text, this.#field, copy, this.#state);
  }

  get text() {
    return this.#field.value;
  }

  /** A text that is already there is left alone, and so is what is selected of it. */
  set text(text) {
    if (text === this.#field.value) return;
    this.#field.value = text;
    // For paper, where a field would end at its edge.
    this.element.dataset.text = text;
    this.#state.hidden = true;
  }

  async #copy() {
    const copied = await this.#write();
    this.#state.textContent = copied ? "Copied." : BY_HAND;
    this.#state.hidden = false;
    this.#announce(this.#state.textContent);
  }

  /** Pages without encryption have no clipboard. What is selected in a field can often be copied all the same. */
  async #write() {
    try {
      await navigator.clipboard.writeText(this.text);
      return true;
    } catch {
      this.#field.focus();
      this.#field.select();
      return document.execCommand("copy");
    }
  }
}
