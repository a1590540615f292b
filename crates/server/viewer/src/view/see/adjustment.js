// Adjustments of brightness, contrast and gamma as one lookup table. Pure functions that work without a page.

/** What can be adjusted by a number: its least and greatest value, its step on a slider, and its neutral value. */
export const RANGES = {
  brightness: { min: -100, max: 100, step: 1, neutral: 0, letter: "b" },
  contrast: { min: 0.2, max: 4, step: 0.05, neutral: 1, letter: "c" },
  gamma: { min: 0.2, max: 4, step: 0.05, neutral: 1, letter: "g" },
};

/** The adjustment that changes nothing. `brightness` is in percent, `contrast` and `gamma` are factors. */
export const NEUTRAL = Object.freeze({ brightness: 0, contrast: 1, gamma: 1, invert: false });

/** A value of the adjustment `name` within its range, with two decimals. */
export function clampAdjustment(name, value) {
  const { min, max } = RANGES[name];
  return Number(Math.min(max, Math.max(min, value)).toFixed(2));
}

/** Whether an adjustment changes nothing. */
export function isNeutral(adjustment) {
  return Object.keys(NEUTRAL).every((name) => adjustment[name] === NEUTRAL[name]);
}

/**
 * What an adjustment makes of each value of a channel: 256 whole numbers from 0 to 255.
 *
 * With values as fractions of 255: first gamma, `v ^ (1 / gamma)`, then contrast around the middle,
 * `(v - 0.5) * contrast + 0.5`, then brightness, `v + brightness / 100`, then, if wanted, the inverse, `1 - v`. The
 * result is clamped to 0 to 1 before the inverse and rounded at the end.
 */
export function table({ brightness, contrast, gamma, invert }) {
  return Uint8Array.from({ length: 256 }, (_, value) => {
    const bent = (value / 255) ** (1 / gamma);
    const moved = (bent - 0.5) * contrast + 0.5 + brightness / 100;
    const clamped = Math.min(1, Math.max(0, moved));
    return Math.round(255 * (invert ? 1 - clamped : clamped));
  });
}

/** Looks up every colour of `imageData` (RGBA) in a table of 256 values, in place. The opacity stays as it is. */
export function applyTable(imageData, table) {
  const { data } = imageData;
  for (let offset = 0; offset < data.length; offset += 4) {
    data[offset] = table[data[offset]];
    data[offset + 1] = table[data[offset + 1]];
    data[offset + 2] = table[data[offset + 2]];
  }
  return imageData;
}

/** An adjustment as text for a link, such as `b10,c1.2,g0.9,i`. Null if it is neutral. */
export function formatLook(adjustment) {
  const parts = Object.entries(RANGES)
    .filter(([name, { neutral }]) => adjustment[name] !== neutral)
    .map(([name, { letter }]) => letter + adjustment[name]);
  if (adjustment.invert) parts.push("i");
  return parts.length ? parts.join(",") : null;
}

/** Reads what `formatLook` writes. Parts that are nonsense are ignored, and values are clamped to their ranges. */
export function parseLook(text) {
  const adjustment = { ...NEUTRAL };
  for (const part of (text ?? "").split(",")) {
    if (part === "i") adjustment.invert = true;
    const [name] = Object.entries(RANGES).find(([, { letter }]) => part.startsWith(letter)) ?? [];
    if (name && /^[a-z]-?\d{1,6}(\.\d{1,6})?$/.test(part)) {
      adjustment[name] = clampAdjustment(name, Number(part.slice(1)));
    }
  }
  return adjustment;
}
