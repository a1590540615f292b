// Measurements as figures on the screen: where their points are, and what is written beside them.

import { screenPoint } from "../place.js";
import { middle } from "./geometry.js";
import { KINDS, valueText } from "./kinds.js";

/** How far a text is from its point, in pixels of the screen. */
const OFFSET = { x: 12, y: -10 };

/**
 * Where places of the slide are on the screen at the moment. The mapping is affine, whatever the rotation and the flip,
 * so three places tell where all others are.
 */
export class Placement {
  #origin;
  #across;
  #down;

  constructor({ viewer, slide }) {
    const { width, height } = slide;
    const [origin, right, bottom] = [
      { x: 0, y: 0 },
      { x: width, y: 0 },
      { x: 0, y: height },
    ].map((place) => screenPoint(viewer, place));
    this.#origin = origin;
    this.#across = { x: (right.x - origin.x) / width, y: (right.y - origin.y) / width };
    this.#down = { x: (bottom.x - origin.x) / height, y: (bottom.y - origin.y) / height };
  }

  /** The place on the screen, in pixels of the viewer's element, of a place in slide pixels. */
  at({ x, y }) {
    return {
      x: this.#origin.x + x * this.#across.x + y * this.#down.x,
      y: this.#origin.y + x * this.#across.y + y * this.#down.y,
    };
  }
}

/** The place of a measurement's text: in an area its middle, at an angle its corner, at a path its end. */
function textPlace({ kind }, points) {
  if (kind === "area" && points.length > 2) return middle(points);
  const { x, y } = (kind === "angle" && points[1]) || points.at(-1);
  return { x: x + OFFSET.x, y: y + OFFSET.y };
}

/**
 * What to draw of a measurement: its `points` on the screen, whether they are a `closed` outline, and its `text` at
 * `textAt`. `label` is its name or number.
 */
export function figure(measurement, placement, mpp, label) {
  const points = measurement.points.map((point) => placement.at(point));
  const value = valueText(measurement, mpp);
  return {
    points,
    closed: KINDS[measurement.kind].closed && points.length > 2,
    text: label ? `${label}: ${value}` : value,
    textAt: textPlace(measurement, points),
  };
}

/** The name of a measurement, or its number in the list. */
export function labelOf(measurement, index) {
  return measurement.name || String(index + 1);
}
