// Measurements as a table of comma-separated values. Pure functions that work without a page.

import { measure } from "./kinds.js";

const COLUMNS = [
  "number",
  "name",
  "kind",
  "value",
  "unit",
  "perimeter",
  "perimeter unit",
  "points (px)",
  "points (µm)",
];

/** One value. A name that a spreadsheet would take for a formula is made text by an apostrophe. */
function cell(value) {
  const text = typeof value === "string" && /^[=+\-@\t]/.test(value) ? `'${value}` : String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function rounded(value) {
  return value === null || value === undefined ? null : Number(value.toFixed(4));
}

/** Points as "x y; x y", in units of `scale`. */
function places(points, [across, down]) {
  // After a space the first one cannot be taken for a formula.
  return points.map(({ x, y }) => ` ${rounded(x * across)} ${rounded(y * down)}`).join(";");
}

function row(measurement, index, mpp) {
  const { kind, name, points } = measurement;
  const { value, unit, perimeter } = measure(measurement, mpp);
  return [
    index + 1,
    name,
    kind,
    rounded(value),
    unit,
    rounded(perimeter),
    perimeter === undefined ? "" : mpp ? "µm" : "px",
    places(points, [1, 1]),
    mpp ? places(points, mpp) : "",
  ];
}

/** A table with a head and one line for each measurement. `mpp` is micrometres per pixel across and down, or null. */
export function formatCsv(measurements, mpp) {
  const rows = measurements.map((measurement, index) => row(measurement, index, mpp));
  return [COLUMNS, ...rows].map((values) => `${values.map(cell).join(",")}\r\n`).join("");
}
