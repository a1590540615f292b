// Clicks, taps and drags on the slide that place and move points.

import { slidePoint } from "../place.js";

/** A pointer that has moved less than this, in pixels of the screen, has clicked. */
const CLICK_DISTANCE = 4;

/** The place of a pointer in pixels of the viewer's element. */
function placeOf(viewer, { clientX, clientY }) {
  const box = viewer.element.getBoundingClientRect();
  return { x: clientX - box.left, y: clientY - box.top };
}

/** Drags of the handles of a layer. A handle that is not moved is clicked like the slide below it. */
class HandleDrag {
  #page;
  #layer;
  #measurements;
  #tool;
  /** `{ handle, start, moved }` while a handle is held. */
  #held = null;

  constructor(page, layer, measurements, tool) {
    this.#page = page;
    this.#layer = layer;
    this.#measurements = measurements;
    this.#tool = tool;
    const { element } = layer;
    element.addEventListener("pointerdown", (event) => this.#hold(event));
    element.addEventListener("pointermove", (event) => this.#move(event));
    element.addEventListener("pointerup", (event) => this.#release(event));
    for (const end of ["pointercancel", "lostpointercapture"]) {
      element.addEventListener(end, () => {
        this.#held = null;
      });
    }
  }

  #hold(event) {
    const handle = this.#layer.handle(event.target);
    if (!handle || event.button !== 0 || this.#held) return;
    this.#held = { handle, start: placeOf(this.#page.viewer, event), moved: false };
    event.target.setPointerCapture(event.pointerId);
  }

  #move(event) {
    if (!this.#held) return;
    const { handle, start } = this.#held;
    const place = placeOf(this.#page.viewer, event);
    this.#held.moved ||= Math.hypot(place.x - start.x, place.y - start.y) >= CLICK_DISTANCE;
    if (this.#held.moved) {
      this.#measurements.movePoint(handle.measurement, handle.index, slidePoint(this.#page.viewer, place));
    }
  }

  #release(event) {
    if (!this.#held) return;
    const { moved } = this.#held;
    this.#held = null;
    if (!moved) this.#tool.click(placeOf(this.#page.viewer, event));
  }
}

/** Tells `tool` of clicks and of the mouse, and moves the points of `measurements` whose handles are dragged. */
export function connectPointer(page, layer, measurements, tool) {
  const { viewer } = page;
  viewer.addHandler("canvas-click", (event) => {
    if (!tool.kind) return;
    event.preventDefaultAction = true;
    // A click that has moved is a pan. The event's own position is mirrored where the slide is flipped.
    if (event.quick) tool.click(placeOf(viewer, event.originalEvent));
  });
  viewer.addHandler("canvas-double-click", (event) => {
    if (!tool.kind) return;
    event.preventDefaultAction = true;
    tool.doubleClick(placeOf(viewer, event.originalEvent));
  });
  viewer.element.addEventListener("pointermove", (event) => {
    if (event.pointerType === "mouse") tool.hover(placeOf(viewer, event));
  });
  new HandleDrag(page, layer, measurements, tool);
}
