// The scale bar in a picture, on a light plate so that it is seen on every slide.

import { pixelSizeAcross, scaleBar } from "../scale-bar.js";
import { zoomOf } from "../place.js";

/** In pixels of the screen: the space around the plate and within it, the bar's height, and the label's size. */
const MARGIN = 12;
const PADDING = 10;
const BAR_HEIGHT = 5;
const FONT_SIZE = 14;
const PLATE_HEIGHT = 2 * PADDING + BAR_HEIGHT + FONT_SIZE;

/** Maximum width of the bar: as on the screen. */
function maxWidth(containerWidth) {
  return Math.min(180, containerWidth * 0.35);
}

/**
 * Draws the scale bar at the lower left of the slide of `page`. `scale` is pixels of `context` per pixel of the screen;
 * the origin of `context` is the top left corner of the viewer's element.
 */
export function drawScalePlate(context, { viewer, slide }, scale) {
  const size = viewer.viewport.getContainerSize();
  const across = pixelSizeAcross(slide.mpp, viewer.viewport.getRotation(true));
  const { width, label } = scaleBar(zoomOf(viewer), across, maxWidth(size.x));
  context.save();
  context.scale(scale, scale);
  context.font = `600 ${FONT_SIZE}px system-ui, sans-serif`;
  context.textBaseline = "top";
  const plateWidth = Math.max(width, context.measureText(label).width) + 2 * PADDING;
  const [left, top] = [MARGIN, size.y - MARGIN - PLATE_HEIGHT];
  context.fillStyle = "rgb(255 255 255 / 90%)";
  context.fillRect(left, top, plateWidth, PLATE_HEIGHT);
  context.fillStyle = "#000000";
  context.fillRect(left + PADDING, top + PADDING, width, BAR_HEIGHT);
  context.fillText(label, left + PADDING, top + PADDING + BAR_HEIGHT + 3);
  context.restore();
}
