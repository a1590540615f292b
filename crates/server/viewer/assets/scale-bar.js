import * as format from "./format.js";

/** The largest 1, 2 or 5 times a power of ten that is not above `limit`. `limit` is above zero. */
export function niceBelow(limit) {
  const decade = 10 ** Math.floor(Math.log10(limit));
  // The logarithm may be off by one unit in the last place at exact powers of ten.
  const step = [10, 5, 2, 1].find((factor) => factor * decade <= limit * (1 + 1e-9));
  return (step ?? 0.5) * decade;
}

/**
 * The bar to draw: its width in screen pixels and its label.
 *
 * `zoom` is screen pixels per slide pixel, `mpp` micrometres per slide pixel or null (then the bar counts slide
 * pixels), `room` the widest bar in screen pixels.
 */
export function scaleBar(zoom, mpp, room) {
  const unit = mpp ?? 1;
  const size = niceBelow((room / zoom) * unit);
  return {
    width: (size / unit) * zoom,
    label: mpp ? format.length(size) : `${size < 1 ? size : format.count(size)} px`,
  };
}
