// Where a viewer looks.

import assert from "node:assert/strict";

/** The slide pixel in the middle of the screen and the screen pixels per slide pixel, as OpenSeadragon sees them. */
export function where(tab) {
  return tab.page.evaluate(() => {
    const { viewport } = window.viewer;
    const { x, y } = viewport.viewportToImageCoordinates(viewport.getCenter(true));
    return { x, y, zoom: viewport.viewportToImageZoom(viewport.getZoom(true)) };
  });
}

/** Fails unless `actual` is within `tolerance` of `expected`. */
export function near(actual, expected, tolerance, what) {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: ${actual} instead of ${expected}`);
}
