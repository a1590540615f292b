// A view as the part of the address behind `#`: the slide pixel in the middle of the screen and the zoom in screen
// pixels per slide pixel, `#x,y,zoom`. It means the same place on every screen.

/** Reads `#x,y,zoom`; null if it is anything else. */
export function parseView(hash) {
  const parts = hash.replace(/^#/, "").split(",");
  const [x, y, zoom] = parts.map((part) => (part.trim() === "" ? NaN : Number(part)));
  if (parts.length !== 3 || ![x, y, zoom].every(Number.isFinite) || zoom <= 0) return null;
  return { x, y, zoom };
}

/** Writes a view; a tenth of a pixel is finer than anyone can point. */
export function formatView({ x, y, zoom }) {
  return `#${Number(x.toFixed(1))},${Number(y.toFixed(1))},${Number(zoom.toPrecision(5))}`;
}

/**
 * The view of the version `to` that shows the place of `view` in the version `from`: as far across and down, and as many
 * micrometres to a screen pixel, or as much of the slide's width where a pixel size is not known.
 */
export function carryView({ x, y, zoom }, from, to) {
  const scale = from.mpp && to.mpp ? to.mpp[0] / from.mpp[0] : from.width / to.width;
  return { x: (x / from.width) * to.width, y: (y / from.height) * to.height, zoom: zoom * scale };
}

/** What is on the screen, or will be when it has stopped moving. */
export function currentView(viewport) {
  const centre = viewport.viewportToImageCoordinates(viewport.getCenter(false));
  return { x: centre.x, y: centre.y, zoom: viewport.viewportToImageZoom(viewport.getZoom(false)) };
}

/** Shows `view`. */
export function moveTo(viewport, view, immediately) {
  viewport.zoomTo(viewport.imageToViewportZoom(view.zoom), null, immediately);
  viewport.panTo(viewport.imageToViewportCoordinates(view.x, view.y), immediately);
  viewport.applyConstraints(immediately);
}

/** Keeps the address and the view the same, both ways. */
export function connectLink(viewer) {
  const { viewport } = viewer;
  const restore = (immediately) => {
    const view = parseView(location.hash);
    if (view) moveTo(viewport, view, immediately);
  };
  restore(true);
  addEventListener("hashchange", () => restore(false));
  viewer.addHandler("animation-finish", () => {
    // Between two versions there is nothing to be looked at.
    if (viewer.isOpen()) history.replaceState(null, "", formatView(currentView(viewport)));
  });
}
