import * as format from "./format.js";

/** `level` is "in", "out", "fit" or a zoom in screen pixels per slide pixel. */
export function zoomTo(viewport, level) {
  if (level === "fit") {
    viewport.goHome();
    return;
  }
  if (level === "in" || level === "out") viewport.zoomBy(level === "in" ? 1.6 : 1 / 1.6);
  else viewport.zoomTo(viewport.imageToViewportZoom(Number(level)));
  viewport.applyConstraints();
}

/** One button for each objective up to the one the slide was scanned with. */
export function fillZoom(slide) {
  const group = document.getElementById("zoom");
  for (const button of group.querySelectorAll("[data-objective]")) button.remove();
  const whole = group.querySelector('[data-zoom="1"]');
  for (const power of [5, 10, 20, 40].filter((power) => power <= slide.objective)) {
    const button = whole.cloneNode();
    button.dataset.zoom = power / slide.objective;
    button.dataset.objective = power;
    button.title = `As through a ${power}× objective`;
    button.textContent = format.power(power);
    whole.before(button);
  }
}

/** The zoom buttons, those of the objectives included. */
export function connectZoom(viewer) {
  const group = document.getElementById("zoom");
  group.hidden = false;
  group.addEventListener("click", (event) => {
    const button = event.target.closest("[data-zoom]");
    if (button) zoomTo(viewer.viewport, button.dataset.zoom);
  });
}
