// The zoom buttons of the viewer.

import { button, element } from "../shared/dom.js";
import * as format from "../shared/format.js";
import { viewportZoom } from "./place.js";

/** Objective powers that get a button, up to the one the slide was scanned with. Narrow screens show the major ones. */
const POWERS = [1.25, 2.5, 5, 10, 20, 40, 60, 100];
const MAJOR = [5, 20, 40];
/** How much one step changes the zoom. */
const STEP = 1.6;
/** How small a slide may become: this part of the size at which it fits, unless a button makes it smaller. */
const MIN_RATIO = 0.5;

/** Zooms. `level` is "in", "out", "fit" or a zoom in screen pixels per slide pixel. */
export function zoomTo(viewer, level) {
  const { viewport } = viewer;
  if (level === "fit") {
    viewport.goHome();
    return;
  }
  if (level === "in" || level === "out") viewport.zoomBy(level === "in" ? STEP : 1 / STEP);
  else viewport.zoomTo(viewportZoom(viewer, Number(level)));
  viewport.applyConstraints();
}

/** Powers with a button, for a slide that was scanned with `magnification`. */
export function powersOf(magnification) {
  if (!magnification) return [];
  // An objective sold as 20× may be 19.9× by its pixel size.
  return POWERS.filter((power) => power <= magnification.power * 1.01);
}

/** Replaces the buttons of the objectives by those for `slide`. */
function fillZoom(slide) {
  const group = element("zoom");
  for (const button of group.querySelectorAll("[data-objective]")) button.remove();
  const oneToOne = group.querySelector('[data-zoom="1"]');
  for (const power of powersOf(slide.magnification)) {
    const added = button({ text: format.power(power), classes: MAJOR.includes(power) ? "" : "wide" });
    added.title = `As through a ${format.power(power)} objective`;
    added.dataset.zoom = power / slide.magnification.power;
    added.dataset.objective = power;
    oneToOne.before(added);
  }
}

/** Lets the view zoom out as far as the smallest objective, which may show a slide smaller than it fits. */
function allowObjectives(viewer, { magnification }) {
  const [smallest] = powersOf(magnification);
  const ratio = smallest
    ? viewportZoom(viewer, smallest / magnification.power) / viewer.viewport.getHomeZoom()
    : MIN_RATIO;
  viewer.viewport.minZoomImageRatio = Math.min(MIN_RATIO, ratio);
}

/** Makes all zoom buttons work, and shows those that fit the slide. */
export function connectZoom(page) {
  const { viewer, keys } = page;
  const group = element("zoom");
  group.hidden = false;
  group.addEventListener("click", (event) => {
    const button = event.target.closest("[data-zoom]");
    if (button) zoomTo(viewer, button.dataset.zoom);
  });
  page.onSlide((slide) => {
    fillZoom(slide);
    allowObjectives(viewer, slide);
  });
  viewer.addHandler("resize", () => {
    if (viewer.isOpen()) allowObjectives(viewer, page.slide);
  });
  for (const key of ["+", "="]) keys.add(key, "zoom in", () => zoomTo(viewer, "in"));
  keys.add("-", "zoom out", () => zoomTo(viewer, "out"));
  keys.add("0", "the whole slide", () => zoomTo(viewer, "fit"));
  keys.add("1", "one slide pixel per screen pixel", () => zoomTo(viewer, "1"));
}
