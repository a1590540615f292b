// Places on the screen and on the slide, whatever the rotation and the flip.

/**
 * OpenSeadragon turns the slide first and then mirrors what it has drawn, left to right. Its conversions know of the
 * first only.
 */
function mirrored(viewport, { x, y }) {
  return new OpenSeadragon.Point(viewport.getFlip() ? viewport.getContainerSize().x - x : x, y);
}

/** The place on the slide, in pixels of full resolution, at a place in pixels of the viewer's element. */
export function slidePoint(viewer, place) {
  const { viewport } = viewer;
  const point = viewport.pointFromPixel(mirrored(viewport, place), true);
  const { x, y } = viewer.world.getItemAt(0).viewportToImageCoordinates(point, true);
  return { x, y };
}

/** The place in pixels of the viewer's element at a place on the slide, in pixels of full resolution. */
export function screenPoint(viewer, place) {
  const { viewport } = viewer;
  const point = viewer.world.getItemAt(0).imageToViewportCoordinates(new OpenSeadragon.Point(place.x, place.y), true);
  const { x, y } = mirrored(viewport, viewport.pixelFromPoint(point, true));
  return { x, y };
}

/** Screen pixels per slide pixel: now or, if `current` is false, at the end of a running animation. */
export function zoomOf(viewer, current = true) {
  return viewer.world.getItemAt(0).viewportToImageZoom(viewer.viewport.getZoom(current));
}

/** OpenSeadragon's zoom for a number of screen pixels per slide pixel. */
export function viewportZoom(viewer, zoom) {
  return viewer.world.getItemAt(0).imageToViewportZoom(zoom);
}

/** Moves the view by a part of its width and height, in directions of the screen. Positive is right and down. */
export function panBy(viewer, across, down) {
  const { viewport } = viewer;
  const size = viewport.getContainerSize();
  const mirror = viewport.getFlip() ? -1 : 1;
  const pixels = new OpenSeadragon.Point(mirror * across * size.x, down * size.y);
  viewport.panBy(viewport.deltaPointsFromPixels(pixels));
  viewport.applyConstraints();
}
