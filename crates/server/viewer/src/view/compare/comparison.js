// A second slide on the page: its pane, its viewer, and the lock between it and the first.

import { viewUrl } from "../../shared/api.js";
import { describeReadable } from "../slide-view.js";
import { swappedFragment } from "./compare-link.js";
import { alignmentOf } from "./lock.js";
import { LockedViews, readView } from "./locked-views.js";
import { Pane } from "./pane.js";
import { SecondSlide } from "./second-slide.js";

/** Whether the server says that there is no such slide. */
export function isMissing(error) {
  return [400, 404, 410].includes(error.status);
}

export class Comparison {
  #page;
  #id;
  #onChange;
  #pane;
  #second;
  /** The lock, which is null until the second slide is open. */
  #lock = null;
  /** How the slides lie to each other and whether they are locked while there is no lock. */
  #alignment;
  #locked = true;
  #removed = false;

  /**
   * Adds a pane for `slide` beside the viewer of `page` and begins to open it. `actions` are those of the pane and
   * `onChange()`, called when the second slide has been opened, has failed to, or has come to rest.
   */
  constructor(page, slide, alignment, actions) {
    this.#page = page;
    this.#id = slide.id;
    this.#alignment = alignment;
    this.#onChange = actions.onChange;
    this.#pane = new Pane(actions);
    this.#pane.title = slide.title;
    page.viewer.element.after(this.#pane.element);
    this.#second = new SecondSlide(this.#pane.slide, {
      onTrouble: (text, help) => this.#pane.say(text, help, () => this.#open()),
      onRecovery: () => this.#pane.clearMessage(),
    });
    this.#second.viewer.addHandler("animation-finish", () => this.#onChange());
    this.#open(slide);
  }

  get viewer() {
    return this.#second.viewer;
  }

  /** The description of the second slide on display, or null before it is open. */
  get slide() {
    return this.#second.slide;
  }

  get isLocked() {
    return this.#lock?.isLocked ?? this.#locked;
  }

  set isLocked(locked) {
    if (this.#lock) this.#lock.isLocked = locked;
  }

  get alignment() {
    return this.#lock?.alignment ?? this.#alignment;
  }

  set alignment(alignment) {
    this.#alignment = alignment;
    if (this.#lock) this.#lock.alignment = alignment;
  }

  turnTo(degrees) {
    this.#lock?.turnTo(degrees);
  }

  /** Moves the second slide to where the first is, if they are locked. */
  follow() {
    if (this.#lock?.isLocked) this.#lock.follow();
  }

  show(settings) {
    this.#pane.show({ ...settings, locked: this.isLocked });
  }

  /** Opens `slide` or, if none is given, the current version, at the place where the first slide is. */
  async #open(slide = null) {
    this.#release();
    this.#pane.clearMessage();
    try {
      const current = slide ?? (await describeReadable(this.#id));
      if (!this.#removed) await this.#second.open(current);
      if (!this.#removed) this.#connect();
    } catch (error) {
      if (this.#removed) return;
      const text = isMissing(error) ? "This slide is no longer on the server." : error.message;
      this.#pane.say(text, "Try again", () => this.#open());
    }
  }

  #connect() {
    this.#lock = new LockedViews(this.#page.viewer, this.viewer, this.#slides, this.#alignment);
    this.#lock.isLocked = this.#locked;
    this.#pane.title = this.slide.title;
    this.#pane.isReady = true;
    this.#page.announce(`Comparing with ${this.slide.title}`);
    this.#onChange();
  }

  /** The descriptions of the two slides, each of the version that is on display. */
  get #slides() {
    const [page, second] = [this.#page, this.#second];
    return {
      get first() {
        return page.slide;
      },
      get second() {
        return second.slide;
      },
    };
  }

  /** The address of the page that shows the same two slides, exchanged, or null before the second one is open. */
  swapped(way, { slider, opacity }) {
    if (!this.#lock) return null;
    const { first, second } = this.#slides;
    const [one, other] = [readView(this.#page.viewer), readView(this.viewer)];
    const arrangement = { slider, opacity, alignment: alignmentOf(other, one, second, first) };
    return viewUrl(second) + location.search + swappedFragment(other, first.id, way, arrangement);
  }

  #release() {
    this.#alignment = this.alignment;
    this.#locked = this.isLocked;
    this.#lock?.release();
    this.#lock = null;
    this.#pane.isReady = false;
  }

  /** Takes everything away. Whoever had the focus in it goes on with the first slide. */
  remove() {
    const hadFocus = this.#pane.element.contains(document.activeElement);
    this.#removed = true;
    this.#release();
    this.#second.close();
    this.#pane.element.remove();
    if (hadFocus) this.#page.viewer.canvas.focus();
  }
}
