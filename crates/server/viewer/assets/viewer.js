// The viewer's page: opens the slide that the address names and connects the controls around it.

import { root } from "./api.js";
import { fillDetails } from "./details.js";
import { element } from "./dom.js";
import * as format from "./format.js";
import { connectInstruments } from "./instruments.js";
import { connectKeys } from "./keys.js";
import { createViewer, describeReadable, openCurrent, TILE_RETRIES } from "./slide-view.js";
import { connectVersion } from "./version.js";
import { connectLink } from "./view-link.js";
import { connectZoom, fillZoom, zoomTo } from "./zoom.js";

const stage = element("stage");
const details = element("details");

function showFailure(title, text) {
  element("name").textContent = title;
  element("message-title").textContent = title;
  element("message-text").textContent = text;
  element("message").hidden = false;
}

function slideId() {
  return decodeURIComponent(location.pathname.split("/").pop());
}

function toggleDetails(open = details.hidden) {
  details.hidden = !open;
  const toggle = element("details-toggle");
  toggle.setAttribute("aria-expanded", String(open));
  (open ? details : toggle).focus();
}

function isFullPage() {
  return stage.classList.contains("full-page");
}

/** Uses the browser's full screen where it is available. Elsewhere, as on some phones, the stage fills the page. */
async function setFullPage(full) {
  stage.classList.toggle("full-page", full);
  element("full-page").setAttribute("aria-pressed", String(full));
  try {
    if (full) await stage.requestFullscreen?.();
    else if (document.fullscreenElement) await document.exitFullscreen();
  } catch {
    // The browser refuses, for example inside a frame. The stage still fills the page.
  }
}

/** Shows the number of tiles that failed even after all retries, unless the notice of a new version explains it. */
function connectMissingTiles(viewer) {
  let missing = 0;
  viewer.addHandler("open", () => {
    missing = 0;
    element("notice").hidden = true;
  });
  viewer.addHandler("tile-load-failed", ({ tries, tiledImage }) => {
    const isDisplayed = tiledImage === viewer.world.getItemAt(0);
    if (tries <= TILE_RETRIES || !isDisplayed || !element("changed").hidden) return;
    missing += 1;
    element("notice").textContent = `${format.count(missing)} ${missing === 1 ? "tile" : "tiles"} could not be loaded`;
    element("notice").hidden = false;
  });
}

/** Fills in everything on the page that describes `slide`. */
function present(slide) {
  element("name").textContent = slide.id;
  element("facts").textContent = [
    format.pixels(slide),
    format.millimetres(slide),
    slide.objective && format.power(slide.objective),
    format.pixelSize(slide),
  ]
    .filter(Boolean)
    .join(" · ");
  fillDetails(slide);
  fillZoom(slide);
}

function connectPageKeys(viewer) {
  const { viewport } = viewer;
  connectKeys(viewer, {
    "+": () => zoomTo(viewport, "in"),
    "=": () => zoomTo(viewport, "in"),
    "-": () => zoomTo(viewport, "out"),
    0: () => zoomTo(viewport, "fit"),
    1: () => zoomTo(viewport, "1"),
    f: () => setFullPage(!isFullPage()),
    i: () => toggleDetails(),
    g: () => location.assign(root),
    Escape: () => (details.hidden ? setFullPage(false) : toggleDetails(false)),
  });
}

function connectButtons() {
  for (const id of ["details-toggle", "full-page"]) element(id).hidden = false;
  element("details-toggle").addEventListener("click", () => toggleDetails());
  element("details-close").addEventListener("click", () => toggleDetails(false));
  element("full-page").addEventListener("click", () => setFullPage(!isFullPage()));
  document.addEventListener("fullscreenchange", () => {
    // The full screen can also be left by the browser's own keys and buttons.
    if (!document.fullscreenElement) setFullPage(false);
  });
}

/** Connects all controls. `displayed.slide` is the version of the slide on display, and is replaced by a new one. */
function connect(viewer, displayed) {
  connectLink(viewer);
  connectInstruments(viewer, displayed);
  connectZoom(viewer);
  connectVersion(viewer, displayed, {
    open: async () => openCurrent(viewer, await describeReadable(displayed.slide.id)),
    present,
  });
  connectPageKeys(viewer);
  connectMissingTiles(viewer);
  connectButtons();
}

async function start() {
  const id = slideId();
  document.title = `${id} · Origami`;
  try {
    const slide = await describeReadable(id);
    present(slide);
    const viewer = createViewer();
    // For tests and for debugging in the browser's console.
    window.viewer = viewer;
    const displayed = { slide: await openCurrent(viewer, slide) };
    present(displayed.slide);
    connect(viewer, displayed);
  } catch (error) {
    if (error.status === 404)
      showFailure("No such slide", `There is no slide “${id}” here. It may have been renamed or removed.`);
    else showFailure("This slide cannot be shown", error.message);
  }
}

start();
