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

/** Keeps the address and the view the same, both ways. */
export function connectLink(viewer) {
  const { viewport } = viewer;
  const current = () => {
    const centre = viewport.viewportToImageCoordinates(viewport.getCenter(false));
    return { x: centre.x, y: centre.y, zoom: viewport.viewportToImageZoom(viewport.getZoom(false)) };
  };
  const restore = (immediately) => {
    const view = parseView(location.hash);
    if (!view) return;
    viewport.zoomTo(viewport.imageToViewportZoom(view.zoom), null, immediately);
    viewport.panTo(viewport.imageToViewportCoordinates(view.x, view.y), immediately);
    viewport.applyConstraints(immediately);
  };
  restore(true);
  addEventListener("hashchange", () => restore(false));
  viewer.addHandler("animation-finish", () => history.replaceState(null, "", formatView(current())));
}
