// The length and the label of the scale bar. Pure functions that work without a page.

import * as format from "../shared/format.js";

/** The largest 1, 2 or 5 times a power of ten that is not above `limit`, which has to be positive. */
export function niceBelow(limit) {
  const decade = 10 ** Math.floor(Math.log10(limit));
  // The logarithm may be off by one unit in the last place at exact powers of ten.
  const step = [10, 5, 2, 1].find((factor) => factor * decade <= limit * (1 + 1e-9));
  return (step ?? 0.5) * decade;
}

/**
 * Micrometres per slide pixel along a row of the screen, if the slide is turned by `degrees`. `mpp` is the pixel size
 * across and down the slide, which may differ, or null; then so is the result.
 */
export function pixelSizeAcross(mpp, degrees) {
  if (!mpp) return null;
  const angle = (degrees * Math.PI) / 180;
  return Math.hypot(mpp[0] * Math.cos(angle), mpp[1] * Math.sin(angle));
}

/**
 * The bar to draw: its width in screen pixels and its label.
 *
 * `zoom` is screen pixels per slide pixel, `mpp` micrometres per slide pixel or null (then the label is in slide
 * pixels), `maxWidth` the maximum width in screen pixels.
 */
export function scaleBar(zoom, mpp, maxWidth) {
  const unit = mpp ?? 1;
  const size = niceBelow((maxWidth / zoom) * unit);
  return {
    width: (size / unit) * zoom,
    label: mpp ? format.length(size) : `${size < 1 ? size : format.count(size)} px`,
  };
}
