// What the link says of a comparison. Pure functions that work without a page.

import { formatFragment, VIEW } from "../link.js";
import { formatAngle } from "../see/angle.js";
import { formatView } from "../view-link.js";
import { ALIGNED } from "./lock.js";

/** The ways to compare: beside each other, or one over the other. */
export const WAYS = ["side", "over"];

/** How two slides are shown before anything is changed. `slider` and `opacity` are percent. */
export const ARRANGED = Object.freeze({ slider: 50, opacity: 100, alignment: ALIGNED });

/** The way that a link names, or the first one. */
export function parseWay(text) {
  return WAYS.includes(text) ? text : WAYS[0];
}

/** Least and greatest value of each number of an arrangement's text, and its digits behind the point. */
const NUMBERS = [
  { name: "slider", low: 0, high: 100, digits: 1, start: ARRANGED.slider },
  { name: "opacity", low: 0, high: 100, digits: 0, start: ARRANGED.opacity },
  { name: "dx", low: -1e7, high: 1e7, digits: 1, start: ALIGNED.dx },
  { name: "dy", low: -1e7, high: 1e7, digits: 1, start: ALIGNED.dy },
  { name: "scale", low: 0.01, high: 100, digits: 5, start: ALIGNED.scale },
  { name: "turn", low: -180, high: 180, digits: 2, start: ALIGNED.turn },
];

/** The arrangement `slider,opacity,dx,dy,scale,turn`. Numbers may be left out at the end; nonsense is `ARRANGED`. */
export function parseArrangement(text) {
  const parts = text ? text.split(",") : [];
  if (parts.length > NUMBERS.length) return ARRANGED;
  const values = {};
  for (const [index, { name, low, high, start }] of NUMBERS.entries()) {
    const part = parts[index];
    const value = part === undefined ? start : part.trim() === "" ? NaN : Number(part);
    if (!(value >= low && value <= high)) return ARRANGED;
    values[name] = value;
  }
  const { slider, opacity, ...alignment } = values;
  return { slider, opacity, alignment };
}

/** Writes an arrangement, without the numbers at the end that nobody has changed. Null if none is changed. */
export function formatArrangement({ slider, opacity, alignment }) {
  const values = { slider, opacity, ...alignment };
  const texts = NUMBERS.map(({ name, digits }) => Number(values[name].toFixed(digits)));
  while (texts.length > 0 && texts.at(-1) === NUMBERS[texts.length - 1].start) texts.pop();
  return texts.length === 0 ? null : texts.join(",");
}

/**
 * The fragment of the page of the second slide that shows the same two slides, exchanged. `view` is that of the second,
 * `id` that of the first.
 */
export function swappedFragment(view, id, way, arrangement) {
  const parts = new Map([
    [VIEW, formatView(view)],
    ["r", formatAngle(view.rotation)],
    ["flip", view.flip ? "1" : null],
    ["with", id],
    ["as", way],
    ["at", formatArrangement(arrangement)],
  ]);
  return formatFragment(new Map([...parts].filter(([, value]) => value !== null)));
}
