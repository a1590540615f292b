// What can be measured: the number of points it takes, its value and its value as text. Pure functions.

import * as format from "../../shared/format.js";
import { angleBetween, pathLength, perimeter, polygonArea } from "./geometry.js";

/** No measurement has more points. */
export const MAX_POINTS = 100;

/** `least` and `most` are numbers of points. A closed kind is a polygon, the others are paths. */
export const KINDS = {
  distance: { title: "Distance", letter: "d", least: 2, most: MAX_POINTS, closed: false },
  area: { title: "Area", letter: "a", least: 3, most: MAX_POINTS, closed: true },
  angle: { title: "Angle", letter: "n", least: 3, most: 3, closed: false },
};

/** A number of pixels, or of square pixels, with four digits or all of its whole ones. */
function pixels(value, unit) {
  return `${value < 1000 ? Number(value.toPrecision(4)) : format.count(value)} ${unit}`;
}

function lengthText(value, mpp) {
  return mpp ? format.length(value) : pixels(value, "px");
}

function areaText(value, mpp) {
  return mpp ? format.area(value) : pixels(value, "px²");
}

/**
 * The value of a measurement, `{ value, unit }`, and for an area also its `perimeter`, whose unit is that of a length.
 * `mpp` is the slide's micrometres per pixel across and down, or null. The value of an angle without one is null.
 */
export function measure({ kind, points }, mpp) {
  const scale = mpp ?? [1, 1];
  const unit = mpp ? "µm" : "px";
  if (kind === "angle") return { value: points.length < 3 ? null : angleBetween(points, scale), unit: "°" };
  if (kind === "distance") return { value: pathLength(points, scale), unit };
  return { value: polygonArea(points, scale), unit: `${unit}²`, perimeter: perimeter(points, scale) };
}

/** The value of a measurement as text: "153 µm", "0.12 mm²", "45.3°". Empty for a part of an angle. */
export function valueText(measurement, mpp) {
  const { value } = measure(measurement, mpp);
  if (measurement.kind === "angle") {
    if (measurement.points.length < KINDS.angle.least) return "";
    return value === null ? "no angle" : `${Number(value.toFixed(1))}°`;
  }
  return measurement.kind === "distance" ? lengthText(value, mpp) : areaText(value, mpp);
}

/** All that is known of a measurement as text: for an area also its perimeter. */
export function fullText(measurement, mpp) {
  const text = valueText(measurement, mpp);
  if (measurement.kind !== "area") return text;
  return `${text}, perimeter ${lengthText(measure(measurement, mpp).perimeter, mpp)}`;
}
