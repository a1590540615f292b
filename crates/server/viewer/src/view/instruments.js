// What the viewer displays over a slide: the scale bar, the magnification and the position under the pointer.

import { element } from "../shared/dom.js";
import * as format from "../shared/format.js";
import { slidePoint, zoomOf } from "./place.js";
import { pixelSizeAcross, scaleBar } from "./scale-bar.js";

/** Maximum width of the scale bar on this screen, in screen pixels. */
function maxBarWidth() {
  return Math.min(180, window.innerWidth * 0.35);
}

function drawScale(zoom, degrees, slide) {
  const bar = scaleBar(zoom, pixelSizeAcross(slide.mpp, degrees), maxBarWidth());
  element("scale-bar").style.width = `${bar.width}px`;
  element("scale-label").textContent = bar.label;
  element("scale").setAttribute("aria-label", `Scale bar: ${bar.label}`);
  element("magnification").textContent = magnificationText(zoom, slide);
}

/** The magnification on the screen, if that of the slide is known, and the zoom in percent. */
function magnificationText(zoom, { magnification }) {
  const percent = `${Number((zoom * 100).toPrecision(3))} %`;
  if (!magnification) return percent;
  const scaled = { magnification: { ...magnification, power: magnification.power * zoom } };
  return `${format.magnification(scaled)} (${percent})`;
}

function drawPosition(point, slide) {
  element("position").textContent = isInside(point, slide) ? positionText(point, slide) : "";
}

function isInside(point, slide) {
  return point.x >= 0 && point.y >= 0 && point.x < slide.width && point.y < slide.height;
}

/** A place on the slide in whole pixels and, if the pixel size is known, in millimetres. */
function positionText(point, slide) {
  const [x, y] = [Math.floor(point.x), Math.floor(point.y)];
  const pixels = `x ${x} y ${y} px`;
  if (!slide.mpp) return pixels;
  const [across, down] = [x * slide.mpp[0], y * slide.mpp[1]].map((micrometres) => (micrometres / 1000).toFixed(3));
  return `${pixels} · ${across}, ${down} mm`;
}

/** Keeps the instruments in step with the view. */
export function connectInstruments(page) {
  const { viewer } = page;
  function drawZoom() {
    if (viewer.isOpen()) drawScale(zoomOf(viewer), viewer.viewport.getRotation(true), page.slide);
  }
  for (const change of ["zoom", "rotate", "animation", "animation-finish", "resize"]) {
    viewer.addHandler(change, drawZoom);
  }
  viewer.element.addEventListener("pointermove", (event) => {
    if (!viewer.isOpen()) return;
    const box = viewer.element.getBoundingClientRect();
    drawPosition(slidePoint(viewer, { x: event.clientX - box.left, y: event.clientY - box.top }), page.slide);
  });
  viewer.element.addEventListener("pointerleave", () => {
    element("position").textContent = "";
  });
  element("instruments").hidden = false;
  page.onSlide(drawZoom);
}
