// The zoom buttons of the viewer.

import { element } from "./dom.js";
import * as format from "./format.js";

/** Objective powers that get a button, up to the one the slide was scanned with. */
const POWERS = [5, 10, 20, 40];
/** How much one step changes the zoom. */
const STEP = 1.6;

/** Zooms. `level` is "in", "out", "fit" or a zoom in screen pixels per slide pixel. */
export function zoomTo(viewport, level) {
  if (level === "fit") {
    viewport.goHome();
    return;
  }
  if (level === "in" || level === "out") viewport.zoomBy(level === "in" ? STEP : 1 / STEP);
  else viewport.zoomTo(viewport.imageToViewportZoom(Number(level)));
  viewport.applyConstraints();
}

/** Replaces the buttons of the objectives by those for `slide`. */
export function fillZoom(slide) {
  const group = element("zoom");
  for (const button of group.querySelectorAll("[data-objective]")) button.remove();
  const oneToOne = group.querySelector('[data-zoom="1"]');
  for (const power of POWERS.filter((power) => power <= slide.objective)) {
    const button = oneToOne.cloneNode();
    button.dataset.zoom = power / slide.objective;
    button.dataset.objective = power;
    button.title = `As through a ${power}× objective`;
    button.textContent = format.power(power);
    oneToOne.before(button);
  }
}

/** Makes all zoom buttons work, including those that `fillZoom` adds later. */
export function connectZoom(viewer) {
  const group = element("zoom");
  group.hidden = false;
  group.addEventListener("click", (event) => {
    const button = event.target.closest("[data-zoom]");
    if (button) zoomTo(viewer.viewport, button.dataset.zoom);
  });
}
