import * as format from "./format.js";
import { scaleBar } from "./scale-bar.js";

const element = (id) => document.getElementById(id);

/** The widest scale bar on this screen, in screen pixels. */
function room() {
  return Math.min(180, window.innerWidth * 0.35);
}

function drawScale(zoom, slide) {
  const bar = scaleBar(zoom, slide.mpp?.[0] ?? null, room());
  element("scale-bar").style.width = `${bar.width}px`;
  element("scale-label").textContent = bar.label;
  element("scale").setAttribute("aria-label", `Scale bar: ${bar.label}`);
  const percent = `${Number((zoom * 100).toPrecision(3))} %`;
  element("magnification").textContent = slide.objective
    ? `${format.power(slide.objective * zoom)} (${percent})`
    : percent;
}

function drawPosition(point, slide) {
  const inside = point.x >= 0 && point.y >= 0 && point.x < slide.width && point.y < slide.height;
  if (!inside) {
    element("position").textContent = "";
    return;
  }
  const [x, y] = [Math.floor(point.x), Math.floor(point.y)];
  const place = `x ${x} y ${y} px`;
  const side = (px, mpp) => ((px * mpp) / 1000).toFixed(3);
  const distance = slide.mpp ? ` · ${side(x, slide.mpp[0])}, ${side(y, slide.mpp[1])} mm` : "";
  element("position").textContent = place + distance;
}

/** Scale bar, magnification and the position under the pointer follow the view; they are those of `shown.slide`. */
export function connectInstruments(viewer, shown) {
  const { viewport } = viewer;
  const drawZoom = () => drawScale(viewport.viewportToImageZoom(viewport.getZoom(true)), shown.slide);
  for (const change of ["zoom", "animation", "animation-finish", "resize"]) viewer.addHandler(change, drawZoom);
  viewer.element.addEventListener("pointermove", (event) => {
    const box = viewer.element.getBoundingClientRect();
    const point = new OpenSeadragon.Point(event.clientX - box.left, event.clientY - box.top);
    drawPosition(viewport.viewerElementToImageCoordinates(point), shown.slide);
  });
  viewer.element.addEventListener("pointerleave", () => {
    element("position").textContent = "";
  });
  element("instruments").hidden = false;
  drawZoom();
}
