// What is on the screen: the view, the stage's colour, and how boxes are laid out.

import assert from "node:assert/strict";

/** The view on the screen: the slide pixel at the centre, and screen pixels per slide pixel. */
export function viewOf(tab) {
  return tab.page.evaluate(() => {
    const { viewport } = window.viewer;
    const { x, y } = viewport.viewportToImageCoordinates(viewport.getCenter(true));
    return { x, y, zoom: viewport.viewportToImageZoom(viewport.getZoom(true)) };
  });
}

/** Red, green and blue of the stage around a slide. */
export async function stageColour(tab) {
  const colour = await tab.page.evaluate(() => getComputedStyle(document.getElementById("stage")).backgroundColor);
  return colour.match(/\d+/g).slice(0, 3).map(Number);
}

/** Fails unless `actual` is within `tolerance` of `expected`. */
export function assertNear(actual, expected, tolerance, what) {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: ${actual} instead of ${expected}`);
}

/** Fails unless all of `box` is on a screen of the size `viewport`. */
export function assertOnScreen(box, viewport) {
  const onScreen =
    box.x >= 0 && box.y >= 0 && box.x + box.width <= viewport.width && box.y + box.height <= viewport.height;
  assert.ok(onScreen, `on the screen: ${JSON.stringify(box)}`);
}

/** Fails if two boxes overlap. */
export function assertApart(one, other) {
  const apart =
    one.x + one.width <= other.x ||
    other.x + other.width <= one.x ||
    one.y + one.height <= other.y ||
    other.y + other.height <= one.y;
  assert.ok(apart, `apart: ${JSON.stringify([one, other])}`);
}
