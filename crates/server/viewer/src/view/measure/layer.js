// The drawing of the measurements over the slide, as SVG.

import { figure, labelOf, Placement } from "./figure.js";

const SVG = "http://www.w3.org/2000/svg";
/** Radius in pixels of what can be dragged around a point: large enough for a finger. */
const HANDLE_RADIUS = 12;

function svg(tag, classes, attributes = {}) {
  const created = document.createElementNS(SVG, tag);
  created.setAttribute("class", classes);
  for (const [name, value] of Object.entries(attributes)) created.setAttribute(name, value);
  return created;
}

function pair({ x, y }) {
  return `${x.toFixed(1)} ${y.toFixed(1)}`;
}

/** The elements of one measurement. Each line and point is drawn twice, dark and light. */
class FigureView {
  group = svg("g", "measure-figure");
  #lines = [svg("path", "measure-line dark"), svg("path", "measure-line light")];
  #dots = [svg("path", "measure-dots dark"), svg("path", "measure-dots light")];
  #text = svg("text", "measure-text");
  #handles = [];
  #handleOf;

  /** `handleOf(index)` makes the handle of a point. */
  constructor(handleOf) {
    this.#handleOf = handleOf;
    this.group.append(...this.#lines, ...this.#dots, this.#text);
  }

  draw({ points, closed, text, textAt, anchor }, withHandles) {
    const line = `M${points.map(pair).join("L")}${closed ? "Z" : ""}`;
    for (const path of this.#lines) path.setAttribute("d", line);
    // A line of no length with round ends is a dot.
    const dots = points.map((point) => `M${pair(point)}h0`).join("");
    for (const path of this.#dots) path.setAttribute("d", dots);
    if (this.#text.textContent !== text) this.#text.textContent = text;
    this.#text.setAttribute("x", textAt.x.toFixed(1));
    this.#text.setAttribute("y", textAt.y.toFixed(1));
    this.#text.setAttribute("text-anchor", anchor);
    this.#drawHandles(withHandles ? points : []);
  }

  #drawHandles(points) {
    while (this.#handles.length > points.length) this.#handles.pop().remove();
    while (this.#handles.length < points.length) {
      const handle = this.#handleOf(this.#handles.length);
      this.#handles.push(handle);
      this.group.append(handle);
    }
    points.forEach(({ x, y }, index) => {
      this.#handles[index].setAttribute("cx", x.toFixed(1));
      this.#handles[index].setAttribute("cy", y.toFixed(1));
    });
  }
}

/** The layer over the slide. */
export class Layer {
  element = svg("svg", "measure-layer", { "aria-hidden": "true" });
  #page;
  #views = new Map();
  #pending = new FigureView(() => svg("circle", ""));
  #crosshair = svg("path", "measure-crosshair");
  /** The measurement and the index of the point of each handle. */
  #handles = new WeakMap();

  constructor(page) {
    this.#page = page;
    this.#pending.group.classList.add("pending");
    this.element.append(this.#crosshair, this.#pending.group);
    // Not in OpenSeadragon's canvas element, which would take a drag of a handle for one of the slide.
    page.viewer.canvas.after(this.element);
    this.element.addEventListener("wheel", (event) => this.#passOn(event), { passive: false });
  }

  /** The wheel zooms over a handle as well. */
  #passOn(event) {
    event.preventDefault();
    this.#page.viewer.canvas.dispatchEvent(new WheelEvent("wheel", event));
  }

  /** `{ measurement, index }` of the point that a handle is for, or null if the element is no handle. */
  handle(element) {
    return this.#handles.get(element) ?? null;
  }

  /**
   * Draws the measurements, with handles if `withHandles`. `pending` is the measurement that is being drawn, with the
   * place that the next point would have, or null. With `crosshair`, the middle is marked.
   */
  draw(measurements, { withHandles, pending, crosshair }) {
    const { viewer, slide } = this.#page;
    // While another version is being opened there is nothing to measure on.
    const isOpen = viewer.world.getItemCount() > 0;
    this.element.toggleAttribute("hidden", !isOpen);
    if (!isOpen) return;
    const placement = new Placement(this.#page);
    this.#removeOthers(measurements);
    measurements.forEach((measurement, index) => {
      this.#view(measurement).draw(figure(measurement, placement, slide.mpp, labelOf(measurement, index)), withHandles);
    });
    this.#pending.group.toggleAttribute("hidden", !pending);
    if (pending) this.#pending.draw(figure(pending, placement, slide.mpp, ""), false);
    this.#drawCrosshair(crosshair);
  }

  #drawCrosshair(visible) {
    const { x, y } = this.#page.viewer.viewport.getContainerSize();
    const path = visible ? `M${x / 2 - 14} ${y / 2}h10m8 0h10M${x / 2} ${y / 2 - 14}v10m0 8v10` : "";
    this.#crosshair.setAttribute("d", path);
  }

  #removeOthers(measurements) {
    const kept = new Set(measurements);
    for (const [measurement, view] of this.#views) {
      if (kept.has(measurement)) continue;
      view.group.remove();
      this.#views.delete(measurement);
    }
  }

  #view(measurement) {
    let view = this.#views.get(measurement);
    if (!view) {
      view = new FigureView((index) => {
        const handle = svg("circle", "measure-handle", { r: HANDLE_RADIUS });
        this.#handles.set(handle, { measurement, index });
        return handle;
      });
      this.#views.set(measurement, view);
      this.#pending.group.before(view.group);
    }
    return view;
  }
}
