// The current view as the fragment of the page's address, `#x,y,zoom`: the slide pixel at the centre of the screen, and
// the zoom in screen pixels per slide pixel. Such a link shows the same place on every screen.

/** Parses `#x,y,zoom`. Null if the text is anything else. */
export function parseView(hash) {
  const parts = hash.replace(/^#/, "").split(",");
  const [x, y, zoom] = parts.map((part) => (part.trim() === "" ? NaN : Number(part)));
  if (parts.length !== 3 || ![x, y, zoom].every(Number.isFinite) || zoom <= 0) return null;
  return { x, y, zoom };
}

/** Writes a view as `#x,y,zoom`. A tenth of a pixel is finer than anyone can point. */
export function formatView({ x, y, zoom }) {
  return `#${Number(x.toFixed(1))},${Number(y.toFixed(1))},${Number(zoom.toPrecision(5))}`;
}

/**
 * Converts a view of the version `from` of a slide to the version `to`: the same position relative to the slide's size,
 * and the same number of micrometres per screen pixel, or, if a pixel size is unknown, the same share of the width.
 */
export function carryView({ x, y, zoom }, from, to) {
  const scale = from.mpp && to.mpp ? to.mpp[0] / from.mpp[0] : from.width / to.width;
  return { x: (x / from.width) * to.width, y: (y / from.height) * to.height, zoom: zoom * scale };
}

/** The view on the screen, or the one at the end of a running animation. */
export function currentView(viewport) {
  const centre = viewport.viewportToImageCoordinates(viewport.getCenter(false));
  return { x: centre.x, y: centre.y, zoom: viewport.viewportToImageZoom(viewport.getZoom(false)) };
}

/** Moves to `view`, animated or immediately. */
export function moveTo(viewport, view, immediately) {
  viewport.zoomTo(viewport.imageToViewportZoom(view.zoom), null, immediately);
  viewport.panTo(viewport.imageToViewportCoordinates(view.x, view.y), immediately);
  viewport.applyConstraints(immediately);
}

/** Moves to the view in the page's address, if there is one. */
function restoreView(viewport, immediately) {
  const view = parseView(location.hash);
  if (view) moveTo(viewport, view, immediately);
}

/** Writes the current view into the page's address. */
export function saveView(viewport) {
  history.replaceState(null, "", formatView(currentView(viewport)));
}

/** Keeps the page's address and the view in step, both ways. */
export function connectLink(viewer) {
  const { viewport } = viewer;
  restoreView(viewport, true);
  addEventListener("hashchange", () => restoreView(viewport, false));
  viewer.addHandler("animation-finish", () => {
    // While another version is being opened there is no view.
    if (viewer.isOpen()) saveView(viewport);
  });
}
