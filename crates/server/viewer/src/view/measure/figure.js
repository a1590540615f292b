// Measurements as figures on the screen: where their points are, and what is written beside them.

import { screenPoint } from "../place.js";
import { middle } from "./geometry.js";
import { KINDS, valueText } from "./kinds.js";

/** How far a text is from the end of a path, and from the corner of an angle, in pixels of the screen. */
const OFFSET = { x: 12, y: -10 };
const CORNER_DISTANCE = 16;
/** How far the middle of a line of text is above its lower edge. */
const HALF_HEIGHT = 5;

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

/** The vector of length 1 from one place towards another, or none of length if they are the same. */
function direction(from, to) {
  const [x, y] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(x, y) || 1;
  return { x: x / length, y: y / length };
}

/** The place of an angle's text: outside its corner, where neither of its lines is. */
function cornerPlace([from, corner, to]) {
  const [one, other] = [direction(corner, from), direction(corner, to)];
  const inside = { x: one.x + other.x, y: one.y + other.y };
  const isStraight = Math.hypot(inside.x, inside.y) < 0.01;
  // Beside a straight line, above it if it lies.
  const side = one.x < 0 ? { x: -one.y, y: one.x } : { x: one.y, y: -one.x };
  const away = isStraight ? side : direction(inside, { x: 0, y: 0 });
  return {
    textAt: { x: corner.x + CORNER_DISTANCE * away.x, y: corner.y + CORNER_DISTANCE * away.y + HALF_HEIGHT },
    anchor: away.x > 0.3 ? "start" : away.x < -0.3 ? "end" : "middle",
  };
}

/**
 * Where a measurement's text is, so that no line of its own goes through it: in an area its middle, at an angle its
 * corner, at a path its end. `anchor` says which part of the text is there: its "start", "middle" or "end".
 */
export function textPlace({ kind }, points) {
  if (kind === "area" && points.length > 2) {
    const { x, y } = middle(points);
    return { textAt: { x, y: y + HALF_HEIGHT }, anchor: "middle" };
  }
  if (kind === "angle" && points.length > 2) return cornerPlace(points);
  const { x, y } = points.at(-1);
  return { textAt: { x: x + OFFSET.x, y: y + OFFSET.y }, anchor: "start" };
}

/**
 * What to draw of a measurement: its `points` on the screen, whether they are a `closed` outline, and its `text` at
 * `textAt`, aligned there by `anchor`. `label` is its name or number.
 */
export function figure(measurement, placement, mpp, label) {
  const points = measurement.points.map((point) => placement.at(point));
  const value = valueText(measurement, mpp);
  return {
    points,
    closed: KINDS[measurement.kind].closed && points.length > 2,
    text: label ? `${label}: ${value}` : value,
    ...textPlace(measurement, points),
  };
}

/** The name of a measurement, or its number in the list. */
export function labelOf(measurement, index) {
  return measurement.name || String(index + 1);
}
