// Measurements as text for a link. Pure functions that work without a page.
//
// `d12.5_30.1_44_80.2~edge;a…;n…`: for each measurement the letter of its kind, x and y of its points in slide pixels
// and, after a tilde, its name, percent-encoded.

import { KINDS } from "./kinds.js";

/** A link has no more measurements. */
export const MAX_MEASUREMENTS = 100;
/** No name is longer, in UTF-16 units. */
export const MAX_NAME = 60;

const NUMBER = /^-?\d{1,7}(\.\d{1,4})?$/;

/** A point as exact as a link tells it. A tenth of a pixel is finer than anyone can point. */
export function roundPoint({ x, y }) {
  return { x: Number(x.toFixed(1)), y: Number(y.toFixed(1)) };
}

function formatOne({ kind, points, name }) {
  const places = points
    .map(roundPoint)
    .flatMap(({ x, y }) => [x, y])
    .join("_");
  // Half of a surrogate pair cannot be encoded.
  const suffix = name ? `~${encodeURIComponent(name.toWellFormed?.() ?? name)}` : "";
  return KINDS[kind].letter + places + suffix;
}

/** Writes measurements. Null if there are none. */
export function formatMeasurements(measurements) {
  return measurements.length ? measurements.map(formatOne).join(";") : null;
}

/** A name as it was encoded, without control characters. A name that cannot be decoded is none. */
function parseName(text) {
  try {
    return cleanName(decodeURIComponent(text));
  } catch {
    return "";
  }
}

/** A name on one line and not too long. */
export function cleanName(text) {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")
    .trim()
    .slice(0, MAX_NAME);
}

function parsePoints(text) {
  const numbers = text.split("_");
  if (numbers.length % 2 || !numbers.every((number) => NUMBER.test(number))) return null;
  const points = [];
  for (let n = 0; n < numbers.length; n += 2) points.push({ x: Number(numbers[n]), y: Number(numbers[n + 1]) });
  return points;
}

/** One measurement, or null if the text is none. */
function parseOne(text) {
  const [kind, { least, most } = {}] = Object.entries(KINDS).find(([, { letter }]) => letter === text[0]) ?? [];
  if (!kind) return null;
  const tilde = text.indexOf("~");
  const points = parsePoints(text.slice(1, tilde < 0 ? undefined : tilde));
  if (!points || points.length < least || points.length > most) return null;
  return { kind, points, name: tilde < 0 ? "" : parseName(text.slice(tilde + 1)) };
}

/** Reads what `formatMeasurements` writes. What is no measurement is left out, and so are those beyond the limit. */
export function parseMeasurements(text) {
  return (text ?? "").split(";").map(parseOne).filter(Boolean).slice(0, MAX_MEASUREMENTS);
}
