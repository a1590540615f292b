// The current view as a part of the page's address, `x,y,zoom`: the slide pixel at the centre of the screen, and the zoom
// in screen pixels per slide pixel. Such a link shows the same place on every screen.

import { VIEW } from "./link.js";
import { viewportZoom, zoomOf } from "./place.js";

/** Parses `x,y,zoom`. Null if the text is anything else. */
export function parseView(text) {
  const parts = text.split(",");
  const [x, y, zoom] = parts.map((part) => (part.trim() === "" ? NaN : Number(part)));
  if (parts.length !== 3 || ![x, y, zoom].every(Number.isFinite) || zoom <= 0) return null;
  return { x, y, zoom };
}

/** Writes a view as `x,y,zoom`. A tenth of a pixel is finer than anyone can point. */
export function formatView({ x, y, zoom }) {
  return `${Number(x.toFixed(1))},${Number(y.toFixed(1))},${Number(zoom.toPrecision(5))}`;
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
export function currentView(viewer) {
  const { x, y } = viewer.world.getItemAt(0).viewportToImageCoordinates(viewer.viewport.getCenter(false), true);
  return { x, y, zoom: zoomOf(viewer, false) };
}

function clamp(value, least, most) {
  return Math.min(most, Math.max(least, value));
}

/** Moves to `view`, or as near as the slide allows, animated or immediately. */
export function moveTo(viewer, { x, y, zoom }, immediately) {
  const { viewport } = viewer;
  const image = viewer.world.getItemAt(0);
  const { x: width, y: height } = image.source.dimensions;
  // OpenSeadragon has limits of its own, but loses its way where numbers are huge.
  const place = new OpenSeadragon.Point(clamp(x, -width, 2 * width), clamp(y, -height, 2 * height));
  viewport.zoomTo(clamp(viewportZoom(viewer, zoom), viewport.getMinZoom(), viewport.getMaxZoom()), null, immediately);
  viewport.panTo(image.imageToViewportCoordinates(place, true), immediately);
  viewport.applyConstraints(immediately);
}

/** Keeps the page's address and the view in step, both ways. */
export function connectView({ viewer, link }) {
  /** The last view that was on display. While another version is being opened there is none. */
  let written = null;
  let isFirst = true;
  link.add(VIEW, {
    read(text) {
      const view = text && parseView(text);
      if (view && viewer.isOpen()) moveTo(viewer, view, isFirst);
      isFirst = false;
    },
    write() {
      if (viewer.isOpen()) written = formatView(currentView(viewer));
      return written;
    },
  });
  viewer.addHandler("animation-finish", () => link.save());
}
