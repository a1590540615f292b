// The keys of the viewer, and the list of them in the details.

import { create } from "../shared/dom.js";

/** Controls in which nothing is written, and the keys that change them. All other keys are the page's. */
const CONTROL = 'input:is([type="checkbox"], [type="radio"], [type="range"]), [role="slider"]';
const CONTROL_KEYS = [" ", "Enter", "Home", "End", "PageUp", "PageDown"];
/** Where all keys have a meaning of their own. */
const OWN_KEYS = 'input, select, textarea, dialog, [contenteditable], [role="listbox"], [role="menu"]';
/** Where arrow keys scroll. */
const SCROLLED = ".panel, .details";
/** What is written on a key where that is not the key's value. */
const CAPS = { ArrowLeft: "←", ArrowUp: "↑", ArrowDown: "↓", ArrowRight: "→", Escape: "Esc", "-": "−", " ": "Space" };

/** A browser's own commands and characters that are being composed are none of the page's business. */
function isForeign(event) {
  return event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey;
}

/** Whether `key` belongs to the element that has the focus. Escape leaves everything except dialogs and menus. */
function belongsTo(key, target) {
  if (!(target instanceof Element)) return false;
  if (key === "Escape") return target.closest("dialog, select, [role='menu'], [role='listbox']") !== null;
  if (key.startsWith("Arrow") && target.closest(SCROLLED)) return true;
  if (target.matches(CONTROL) && !target.closest("dialog")) {
    return CONTROL_KEYS.includes(key) || key.startsWith("Arrow");
  }
  return target.closest(OWN_KEYS) !== null;
}

export class Keys {
  /** For each key its actions, the latest last. */
  #actions = new Map();
  /** For each thing that keys do, in the order in which they were added, the `<dt>` of its keys. */
  #terms = new Map();
  #list;

  /** `list` is the `<dl>` that shows all keys. */
  constructor(list) {
    this.#list = list;
    addEventListener("keydown", (event) => this.#press(event));
  }

  /**
   * Runs `action` when `key`, a value of `KeyboardEvent.key`, is pressed. `what` says in a few words what it does; keys
   * that do the same share a line of the list. A key may be added again: the latest action is tried first, and one that
   * returns `false` leaves the key to the one before it.
   */
  add(key, what, action) {
    if (!this.#actions.has(key)) this.#actions.set(key, []);
    this.#actions.get(key).push(action);
    this.#show(key, what);
  }

  #show(key, what) {
    if (!this.#terms.has(what)) {
      const term = document.createElement("dt");
      this.#terms.set(what, term);
      this.#list.append(term, create("dd", what));
    }
    const cap = create("kbd", CAPS[key] ?? key);
    this.#terms.get(what).append(cap, " ");
  }

  #press(event) {
    const actions = this.#actions.get(event.key);
    if (!actions || isForeign(event) || belongsTo(event.key, event.target)) return;
    if ([...actions].reverse().some((action) => action() !== false)) event.preventDefault();
  }
}
