// Waiting until the picture on the screen is complete.

/** How often to look, in milliseconds. */
const INTERVAL = 50;

/** Whether nothing is missing, moving or fading in. Tiles that have failed do not count as missing. */
function isDrawn(viewer) {
  const { world } = viewer;
  if (!viewer.isOpen() || viewer.isAnimating() || world.needsDraw()) return false;
  return Array.from({ length: world.getItemCount() }, (_, index) => world.getItemAt(index)).every((item) =>
    item.getFullyLoaded(),
  );
}

function pause(milliseconds) {
  return new Promise((done) => setTimeout(done, milliseconds));
}

/** Draws once more: only then is it known what the view needs, if it has just been moved. */
function redraw(viewer, limit) {
  const drawn = new Promise((done) => viewer.addOnceHandler("update-viewport", done));
  viewer.forceRedraw();
  // Nothing is drawn in a window that nobody sees.
  return Promise.race([drawn, pause(limit)]);
}

/**
 * Waits until `viewer` has drawn all that is in view, but at most `limit` milliseconds. Returns whether it has.
 * `onWait()` is called if that takes any time.
 */
export async function untilDrawn(viewer, limit, onWait) {
  const end = performance.now() + limit;
  await redraw(viewer, limit);
  if (isDrawn(viewer)) return true;
  onWait();
  while (performance.now() < end) {
    await pause(INTERVAL);
    if (isDrawn(viewer)) return true;
  }
  return false;
}
