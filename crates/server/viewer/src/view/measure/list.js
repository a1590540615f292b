// The list of measurements in the panel.

import { button, create } from "../../shared/dom.js";
import { MAX_NAME } from "./code.js";
import { middle } from "./geometry.js";
import { fullText, KINDS } from "./kinds.js";

/** The least width of what is shown around a measurement, in slide pixels. */
const LEAST_VIEW = 200;

/** Moves to a measurement so that all of it is on the screen, with room around it, however the slide is rotated. */
function show({ viewer }, { points }) {
  const centre = middle(points);
  const radius = Math.max(...points.map(({ x, y }) => Math.hypot(x - centre.x, y - centre.y)));
  const size = Math.max(LEAST_VIEW, 3.5 * radius);
  const item = viewer.world.getItemAt(0);
  const bounds = item.imageToViewportRectangle(centre.x - size / 2, centre.y - size / 2, size, size);
  viewer.viewport.fitBoundsWithConstraints(bounds);
}

/** One measurement with its number, value and name. */
class Row {
  element = create("li", "", "measure-row");
  #measurement;
  #title = create("span", "", "measure-title");
  #name = document.createElement("input");
  #show;
  #remove;

  constructor(page, measurements, measurement, onRemove) {
    this.#measurement = measurement;
    Object.assign(this.#name, { type: "text", maxLength: MAX_NAME, placeholder: "Name", autocomplete: "off" });
    this.#name.addEventListener("change", () => {
      measurements.rename(measurement, this.#name.value);
      this.#name.value = measurement.name;
    });
    this.#show = button({ text: "Show", onClick: () => show(page, measurement) });
    this.#remove = button({ text: "Delete", onClick: () => onRemove(measurement) });
    this.element.append(this.#title, this.#name, this.#show, this.#remove);
  }

  fill(number, mpp) {
    const measurement = this.#measurement;
    const kind = KINDS[measurement.kind].title;
    this.#title.textContent = `${number}. ${kind}: ${fullText(measurement, mpp)}`;
    this.#name.setAttribute("aria-label", `Name of measurement ${number}`);
    this.#show.setAttribute("aria-label", `Show measurement ${number}`);
    this.#remove.setAttribute("aria-label", `Delete measurement ${number}`);
    // What is being typed is not replaced.
    if (document.activeElement !== this.#name) this.#name.value = measurement.name;
  }
}

/** The list. `onRemove(measurement)` is called when one is to be deleted. */
export class List {
  element = create("ol", "", "measure-list");
  #page;
  #measurements;
  #onRemove;
  #rows = new Map();

  constructor(page, measurements, onRemove) {
    this.#page = page;
    this.#measurements = measurements;
    this.#onRemove = onRemove;
    // Some screen readers do not take a list without markers for one.
    this.element.setAttribute("role", "list");
    this.element.setAttribute("aria-label", "Measurements");
  }

  /** Shows the measurements as they are now. Rows that stay are kept, so that one may be typing in them. */
  fill() {
    const { all } = this.#measurements;
    const rows = new Map();
    for (const measurement of all) rows.set(measurement, this.#rows.get(measurement) ?? this.#row(measurement));
    for (const [measurement, row] of this.#rows) if (!rows.has(measurement)) row.element.remove();
    this.#rows = rows;
    [...rows.values()].forEach((row, index) => {
      const before = this.element.children[index];
      if (before !== row.element) this.element.insertBefore(row.element, before ?? null);
      row.fill(index + 1, this.#page.slide.mpp);
    });
    this.element.hidden = all.length === 0;
  }

  #row(measurement) {
    return new Row(this.#page, this.#measurements, measurement, this.#onRemove);
  }
}
