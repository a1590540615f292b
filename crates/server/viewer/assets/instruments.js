// What the viewer displays over a slide: the scale bar, the magnification and the position under the pointer.

import { element } from "./dom.js";
import * as format from "./format.js";
import { scaleBar } from "./scale-bar.js";

/** Maximum width of the scale bar on this screen, in screen pixels. */
function maxBarWidth() {
  return Math.min(180, window.innerWidth * 0.35);
}

function drawScale(zoom, slide) {
  const bar = scaleBar(zoom, slide.mpp?.[0] ?? null, maxBarWidth());
  element("scale-bar").style.width = `${bar.width}px`;
  element("scale-label").textContent = bar.label;
  element("scale").setAttribute("aria-label", `Scale bar: ${bar.label}`);
  const percent = `${Number((zoom * 100).toPrecision(3))} %`;
  element("magnification").textContent = slide.objective
    ? `${format.power(slide.objective * zoom)} (${percent})`
    : percent;
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

/** Keeps the instruments in step with the view. They describe `displayed.slide`, which may be replaced. */
export function connectInstruments(viewer, displayed) {
  const { viewport } = viewer;
  function drawZoom() {
    drawScale(viewport.viewportToImageZoom(viewport.getZoom(true)), displayed.slide);
  }
  for (const change of ["zoom", "animation", "animation-finish", "resize"]) viewer.addHandler(change, drawZoom);
  viewer.element.addEventListener("pointermove", (event) => {
    const box = viewer.element.getBoundingClientRect();
    const point = new OpenSeadragon.Point(event.clientX - box.left, event.clientY - box.top);
    drawPosition(viewport.viewerElementToImageCoordinates(point), displayed.slide);
  });
  viewer.element.addEventListener("pointerleave", () => {
    element("position").textContent = "";
  });
  element("instruments").hidden = false;
  drawZoom();
}
