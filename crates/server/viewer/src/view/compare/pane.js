// The part of the stage that shows the second slide, with its title and its buttons.

import { button, create } from "../../shared/dom.js";
import { Divider } from "./divider.js";

const LOCK = "M6 11h12v9H6zM9 11V8a3.5 3.5 0 0 1 6.8-1.2";
const SWAP = "M4 8h15l-4-4M20 16H5l4 4";
const CROSS = "M6 6l12 12M18 6L6 18";

export class Pane {
  element = create("section", "", "compare-pane");
  /** Where the viewer is. */
  slide = create("div", "", "compare-slide");
  #title = create("h2", "");
  #lock;
  #swap;
  #message = create("div", "", "compare-message");
  #messageText = create("p", "");
  #messageButton = button({ text: "Try again", classes: "primary" });
  #divider;

  /** `actions` are `onLock(locked)`, `onSwap()`, `onClose()` and `onDivide(percent)`. */
  constructor({ onLock, onSwap, onClose, onDivide }) {
    this.element.setAttribute("aria-label", "Second slide");
    this.slide.setAttribute("role", "region");
    this.slide.setAttribute("aria-label", "Second slide: arrow keys pan, plus and minus zoom");
    this.#lock = button({
      label: "Unlock to align",
      icon: LOCK,
      onClick: () => onLock(this.#lock.getAttribute("aria-pressed") === "true"),
    });
    this.#swap = button({ label: "Swap the two slides", icon: SWAP, onClick: onSwap });
    const close = button({ label: "Close the second slide", icon: CROSS, onClick: onClose });
    const head = create("div", "", "compare-head");
    head.append(this.#title, this.#lock, this.#swap, close);
    this.#message.setAttribute("role", "alert");
    this.#message.append(this.#messageText, this.#messageButton);
    this.#divider = new Divider(onDivide);
    this.element.append(this.slide, this.#divider.element, head, this.#message);
    this.clearMessage();
    this.isReady = false;
  }

  set title(title) {
    this.#title.textContent = title;
    this.#title.title = title;
  }

  /** Whether there is a slide to align and to swap with. */
  set isReady(ready) {
    this.#lock.disabled = !ready;
    this.#swap.disabled = !ready;
  }

  /** Arranges everything as the settings say. */
  show({ way, slider, opacity, locked }) {
    const isOver = way === "over";
    this.element.dataset.way = way;
    this.element.classList.toggle("unlocked", !locked);
    this.#lock.setAttribute("aria-pressed", String(!locked));
    this.#divider.element.hidden = !isOver;
    this.#divider.show(slider);
    this.slide.style.clipPath = isOver ? `inset(0 0 0 ${slider}%)` : "";
    this.slide.style.opacity = isOver ? opacity / 100 : "";
  }

  /** Says what is wrong, with a button that may help. */
  say(text, label, onClick) {
    this.#messageText.textContent = text;
    this.#messageButton.textContent = label;
    this.#messageButton.onclick = onClick;
    this.#message.hidden = false;
  }

  clearMessage() {
    this.#message.hidden = true;
    this.#messageText.textContent = "";
  }
}
