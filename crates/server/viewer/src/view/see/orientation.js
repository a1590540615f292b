// How the slide lies on the screen: its rotation, and whether it is flipped from left to right.

import { formatAngle, halfTurn, parseAngle, wholeTurn } from "./angle.js";

/** Rotation and flip of the slide on display. `listener()` is called after each change. */
export class Orientation {
  #page;
  #viewport;
  #listener = () => {};

  constructor(page) {
    this.#page = page;
    this.#viewport = page.viewer.viewport;
    page.link.add("r", {
      read: (text) => this.#viewport.rotateTo(parseAngle(text), null, true),
      write: () => formatAngle(this.degrees),
    });
    page.link.add("flip", {
      read: (text) => this.#viewport.setFlip(text === "1"),
      write: () => (this.flipped ? "1" : null),
    });
    for (const change of ["rotate", "flip"]) page.viewer.addHandler(change, () => this.#listener());
  }

  set listener(listener) {
    this.#listener = listener;
  }

  /** The rotation in degrees, 0 to 360, or the one at the end of a running animation. */
  get degrees() {
    return wholeTurn(this.#viewport.getRotation(false));
  }

  get flipped() {
    return this.#viewport.getFlip();
  }

  /** Rotates to an angle in degrees, animated or immediately. */
  rotateTo(degrees, immediately = false) {
    this.#viewport.rotateTo(wholeTurn(degrees), null, immediately);
    this.#page.link.save();
  }

  /** Rotates as seen on the screen, clockwise if `degrees` is positive. A flipped slide turns the other way round. */
  turn(degrees) {
    this.rotateTo(this.degrees + (this.flipped ? -degrees : degrees));
    this.#page.announce(`Rotated to ${halfTurn(this.degrees)}°`);
  }

  toggleFlip() {
    this.#viewport.setFlip(!this.flipped);
    this.#page.link.save();
    this.#page.announce(this.flipped ? "Flipped" : "Not flipped");
  }

  reset() {
    this.#viewport.setFlip(false);
    this.rotateTo(0);
  }
}
