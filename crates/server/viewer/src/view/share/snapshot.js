// A picture of the stage: the pixels that OpenSeadragon has drawn, with what explains them.

import { element } from "../../shared/dom.js";
import { drawMeasurements } from "../measure/paint.js";
import { zoomOf } from "../place.js";
import { applyTable } from "../see/see.js";
import { Caption } from "./caption.js";
import { factTexts, titleText } from "./caption-texts.js";
import { layersOf } from "./layers.js";
import { drawScalePlate } from "./scale-plate.js";

function newCanvas(width, height) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  return canvas;
}

/** A copy of what a layer shows, in its adjusted colours, with `background` where it is transparent. */
function flattened({ viewer, table }, background) {
  const { canvas: source } = viewer.drawer;
  const canvas = newCanvas(source.width, source.height);
  const context = canvas.getContext("2d", { willReadFrequently: table !== null });
  context.drawImage(source, 0, 0);
  if (table) context.putImageData(applyTable(context.getImageData(0, 0, source.width, source.height), table), 0, 0);
  context.globalCompositeOperation = "destination-over";
  context.fillStyle = background;
  context.fillRect(0, 0, source.width, source.height);
  return canvas;
}

function drawLayer(context, layer, scale, background) {
  const picture = flattened(layer, background);
  const [left, top, cut] = [layer.x * scale, layer.y * scale, layer.cut * picture.width].map(Math.round);
  const width = picture.width - cut;
  if (width <= 0) return;
  context.save();
  context.globalAlpha = layer.opacity;
  context.drawImage(picture, cut, 0, width, picture.height, left + cut, top, width, picture.height);
  context.restore();
}

/** Draws what belongs to the first slide and lies over it. */
function drawAnnotations(context, page, [{ x, y, viewer }], scale, { scaleBar, measurements }) {
  const { width, height } = viewer.drawer.canvas;
  context.save();
  context.translate(Math.round(x * scale), Math.round(y * scale));
  context.beginPath();
  context.rect(0, 0, width, height);
  context.clip();
  if (measurements) drawMeasurements(context, page, scale);
  if (scaleBar) drawScalePlate(context, page, scale);
  context.restore();
}

/** The size of the picture without its caption: all layers fit into it. */
function sizeOf(layers, scale) {
  return {
    width: Math.max(...layers.map(({ x, viewer }) => Math.round(x * scale) + viewer.drawer.canvas.width)),
    height: Math.max(...layers.map(({ y, viewer }) => Math.round(y * scale) + viewer.drawer.canvas.height)),
  };
}

function captionOf(page, layers, width, scale) {
  const { slide, viewer } = page;
  const degrees = viewer.viewport.getRotation(true);
  const view = { zoom: zoomOf(viewer), scale, degrees, adjusted: layers[0].table !== null, date: new Date() };
  const second = layers.length > 1 ? (page.compare.slide?.title ?? null) : null;
  return new Caption({ title: titleText(slide, second), facts: factTexts(slide, view) }, width, scale);
}

/**
 * A canvas with what is on the stage now. `options` says whether it has a `scaleBar`, a `caption` and the `measurements`.
 * Fails with a `SecurityError` if the browser does not let scripts read the slide's pixels.
 */
export function takePicture(page, options) {
  const layers = layersOf(page);
  const [{ viewer }] = layers;
  const scale = viewer.drawer.canvas.width / viewer.viewport.getContainerSize().x;
  const { width, height } = sizeOf(layers, scale);
  const caption = options.caption ? captionOf(page, layers, width, scale) : null;
  const canvas = newCanvas(width, height + (caption?.height ?? 0));
  const context = canvas.getContext("2d");
  const background = getComputedStyle(element("stage")).backgroundColor;
  context.fillStyle = background;
  context.fillRect(0, 0, width, height);
  for (const layer of layers) drawLayer(context, layer, scale, background);
  drawAnnotations(context, page, layers, scale, options);
  caption?.draw(context, height);
  return canvas;
}

/** The picture on a canvas as PNG. Fails with a `RangeError` if it is too large for the browser. */
export function pngOf(canvas) {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new RangeError("no PNG"))), "image/png");
  });
}
