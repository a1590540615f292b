// The measurements of the slide on display: the list that all parts of this folder share.

import { cleanName, formatMeasurements, MAX_MEASUREMENTS, parseMeasurements, roundPoint } from "./code.js";

/**
 * A list of measurements, `{ kind, points, name }` with points in slide pixels. It is a part of the page's link. Each
 * `listener()` is called after every change.
 */
export class Measurements {
  #page;
  #all = [];
  /** The list before something was deleted from it, until the next change. */
  #before = null;
  #listeners = [];

  constructor(page) {
    this.#page = page;
    page.link.add("m", {
      read: (text) => this.#replace(parseMeasurements(text)),
      write: () => formatMeasurements(this.#all),
    });
    this.#followSlide();
  }

  /** Keeps each place where it is relative to the slide's size, as the view does, when another version is shown. */
  #followSlide() {
    let { slide } = this.#page;
    this.#page.onSlide((current) => {
      const [across, down] = [current.width / slide.width, current.height / slide.height];
      slide = current;
      for (const measurement of new Set([...this.#all, ...(this.#before ?? [])])) {
        measurement.points = measurement.points.map(({ x, y }) => ({ x: x * across, y: y * down }));
      }
      this.#notify();
    });
  }

  listen(listener) {
    this.#listeners.push(listener);
  }

  get all() {
    return this.#all;
  }

  get isFull() {
    return this.#all.length >= MAX_MEASUREMENTS;
  }

  /** Whether there is a deletion that can be undone. */
  get canUndo() {
    return this.#before !== null;
  }

  add(measurement) {
    this.#replace([...this.#all, measurement]);
    this.#page.link.save();
  }

  remove(measurement) {
    this.#delete(this.#all.filter((other) => other !== measurement));
  }

  removeAll() {
    this.#delete([]);
  }

  /** Brings back what was deleted last. */
  undo() {
    this.#replace(this.#before ?? this.#all);
    this.#page.link.save();
  }

  rename(measurement, name) {
    measurement.name = cleanName(name);
    this.#changed();
  }

  /** Moves one point of a measurement. */
  movePoint(measurement, index, point) {
    measurement.points[index] = roundPoint(point);
    this.#changed();
  }

  #delete(rest) {
    const before = this.#all;
    this.#replace(rest);
    this.#before = before;
    this.#changed();
  }

  #replace(all) {
    this.#all = all;
    this.#before = null;
    this.#notify();
  }

  #changed() {
    this.#notify();
    this.#page.link.save();
  }

  #notify() {
    for (const listener of this.#listeners) listener();
  }
}
