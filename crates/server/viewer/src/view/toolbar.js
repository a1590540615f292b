// The rail of tools at the left of the stage.

import { create, button } from "../shared/dom.js";

/** The groups of tools, in the order of the rail. */
const GROUPS = ["page", "see", "measure", "compare", "share", "inspect"];

/** A label in the middle of a sentence: "Flip" is "flip", "1:1" stays. */
function inSentence(label) {
  return label.charAt(0).toLowerCase() + label.slice(1);
}

export class Toolbar {
  #groups = new Map();
  #keys;

  /** `rail` is the empty element for the buttons. Their keys are added to `keys`. */
  constructor(rail, keys) {
    this.#keys = keys;
    for (const name of GROUPS) {
      const group = create("div", "", "rail-group");
      rail.append(group);
      this.#groups.set(name, group);
    }
    rail.hidden = false;
  }

  /**
   * Adds a button to the rail and returns it. `icon` is the data of an SVG path of 24 × 24 units, `key` a key that does
   * the same as a click, `group` one of the groups above. If `pressed` is given, the button has that state; it is the
   * caller who changes `aria-pressed`.
   */
  add({ id, label, icon, key, group, pressed, onClick }) {
    const added = button({ label, icon, classes: "tool", onClick });
    added.id = `tool-${id}`;
    if (pressed !== undefined) added.setAttribute("aria-pressed", String(pressed));
    if (key) {
      added.title = `${label} (${key})`;
      added.setAttribute("aria-keyshortcuts", key);
      // A button that is hidden or disabled has nothing to do, and then neither has its key.
      this.#keys.add(key, inSentence(label), () => (added.hidden || added.disabled ? false : added.click()));
    }
    this.#groups.get(group).append(added);
    return added;
  }
}
