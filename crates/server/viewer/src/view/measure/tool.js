// The tool that draws a measurement, point by point.

import { screenPoint, slidePoint } from "../place.js";
import { roundPoint } from "./code.js";
import { fullText, KINDS, valueText } from "./kinds.js";

/** Two places on the screen that are nearer than this, in pixels, are the same place. */
const SAME_PLACE = 6;
/** After the last point, the rest of a double click is not the first point of another measurement. In milliseconds. */
const DOUBLE_CLICK = 500;

function isSamePlace(one, other) {
  return Math.hypot(one.x - other.x, one.y - other.y) <= SAME_PLACE;
}

/**
 * The tool that is chosen, and the points placed with it so far. Places are in pixels of the viewer's element, points
 * in slide pixels. `onChange()` is called after each change, and `onHover()` when only the mouse has moved.
 */
export class Tool {
  #page;
  #measurements;
  #onChange;
  #onHover;
  #kind = null;
  #points = [];
  /** Where the mouse is, or null if the middle of the screen is where the next point goes. */
  #pointer = null;
  #placedByPointer = false;
  /** Where and when a measurement ended last, or null. */
  #ended = null;

  constructor(page, measurements, { onChange, onHover }) {
    this.#page = page;
    this.#measurements = measurements;
    this.#onChange = onChange;
    this.#onHover = onHover;
    // Points of another version of the slide would be in the wrong place.
    page.onSlide(() => {
      this.#points = [];
    });
  }

  /** The name of the kind that is being measured, or null. */
  get kind() {
    return this.#kind;
  }

  get count() {
    return this.#points.length;
  }

  get canEnd() {
    return this.#kind !== null && this.#points.length >= KINDS[this.#kind].least;
  }

  /** The measurement that is being drawn, with the place where the next point would be, or null. */
  get pending() {
    if (!this.count || !this.#page.viewer.isOpen()) return null;
    // Nobody knows where a finger will tap next.
    const next = this.#pointer ?? (this.#placedByPointer ? null : this.#middle());
    const points = next ? [...this.#points, slidePoint(this.#page.viewer, next)] : [...this.#points];
    return { kind: this.#kind, points };
  }

  /** Starts to measure a kind, or stops if it is null. */
  choose(kind) {
    if (kind === this.#kind) return;
    this.#kind = kind;
    this.#points = [];
    this.#pointer = null;
    this.#placedByPointer = false;
    this.#ended = null;
    this.#onChange();
  }

  /** The mouse is at a place. */
  hover(place) {
    if (!this.#kind) return;
    this.#pointer = place;
    if (this.count) this.#onHover();
  }

  /** Somebody has clicked or tapped at a place. */
  click(place) {
    if (!this.#canPlace(place)) return;
    this.#placedByPointer = true;
    // The second half of a double click is on the point that the first half has placed.
    const isClosed = KINDS[this.#kind].closed && this.canEnd && this.#isAt(this.#points[0], place);
    if (isClosed || this.#isAt(this.#points.at(-1), place)) this.end(place);
    else this.#place(place);
  }

  /** Somebody has clicked twice in quick succession, and both clicks have been told: they may be some pixels apart. */
  doubleClick(place) {
    if (this.count) this.end(place);
  }

  /** Places a point in the middle of the screen. */
  placeInMiddle() {
    if (!this.#canPlace(this.#middle())) return;
    this.#pointer = null;
    this.#placedByPointer = false;
    if (this.#isAt(this.#points.at(-1), this.#middle())) this.#page.announce("There is a point here already");
    else this.#place(this.#middle());
  }

  /** Ends after points of the mouse or twice at the same place, and otherwise places a point in the middle. */
  enter() {
    if (!this.#page.viewer.isOpen()) return;
    const isTwice = this.#isAt(this.#points.at(-1), this.#middle());
    if (isTwice || (this.#placedByPointer && this.canEnd)) this.end();
    else this.placeInMiddle();
  }

  /** Adds what was drawn to the list, if it has enough points. */
  end(place = this.#middle()) {
    const { title, least } = KINDS[this.#kind];
    if (!this.canEnd) {
      this.#page.announce(`${title} needs at least ${least} points`);
      return;
    }
    const measurement = { kind: this.#kind, points: this.#points, name: "" };
    this.#points = [];
    this.#ended = { place, time: performance.now() };
    this.#measurements.add(measurement);
    const name = `Measurement ${this.#measurements.all.length}, ${title.toLowerCase()}`;
    this.#page.announce(`${name}: ${fullText(measurement, this.#page.slide.mpp)}`);
    this.#onChange();
  }

  /** Drops all points of the measurement that is being drawn. False if there are none. */
  cancel() {
    if (!this.count) return false;
    this.#points = [];
    this.#page.announce("Cancelled");
    this.#onChange();
    return true;
  }

  /** Takes back the last point. False if there is none. */
  takeBack() {
    if (!this.count) return false;
    this.#points.pop();
    this.#page.announce(this.count ? `Point ${this.count + 1} taken back` : "No points");
    this.#onChange();
    return true;
  }

  /** False while there is no slide to measure on, and for the rest of the double click or key press that has ended. */
  #canPlace(place) {
    if (this.#kind === null || !this.#page.viewer.isOpen()) return false;
    const ended = this.#ended;
    return !ended || performance.now() - ended.time > DOUBLE_CLICK || !isSamePlace(place, ended.place);
  }

  #place(place) {
    if (this.#measurements.isFull) {
      this.#page.announce("There is no room for another measurement: delete one first");
      return;
    }
    this.#points.push(roundPoint(slidePoint(this.#page.viewer, place)));
    const { most, least } = KINDS[this.#kind];
    if (this.count === most) {
      this.end(place);
      return;
    }
    const value = this.count > 1 && this.count >= least ? `, ${this.#valueText()}` : "";
    this.#page.announce(`Point ${this.count} placed${value}`);
    this.#onChange();
  }

  #valueText() {
    return valueText({ kind: this.#kind, points: this.#points }, this.#page.slide.mpp);
  }

  #middle() {
    const { x, y } = this.#page.viewer.viewport.getContainerSize();
    return { x: x / 2, y: y / 2 };
  }

  /** Whether a point, if there is one, is at a place. */
  #isAt(point, place) {
    if (!point) return false;
    return isSamePlace(screenPoint(this.#page.viewer, point), place);
  }
}
