import { describeSlide, descriptorUrl, RequestError, root } from "./api.js";
import { fillDetails } from "./details.js";
import * as format from "./format.js";
import { connectInstruments } from "./instruments.js";
import { connectKeys } from "./keys.js";
import { connectVersion } from "./version.js";
import { connectLink } from "./view-link.js";
import { connectZoom, fillZoom, zoomTo } from "./zoom.js";

/** How often a tile that failed is asked for again. */
const RETRIES = 3;
/** How often a slide that is replaced while it is being opened is opened anew. */
const OPENINGS = 5;

const element = (id) => document.getElementById(id);
const stage = element("stage");
const details = element("details");

function fail(title, text) {
  element("name").textContent = title;
  element("message-title").textContent = title;
  element("message-text").textContent = text;
  element("message").hidden = false;
}

function slideId() {
  return decodeURIComponent(location.pathname.split("/").pop());
}

/**
 * OpenSeadragon adds a style element unless it finds one with this mark, and a strict content policy would refuse it.
 * An element of no namespace satisfies its query without being a style sheet; the rule itself is in viewer.css.
 */
function declineInjectedStyle() {
  const mark = document.createElementNS(null, "style");
  mark.setAttribute("data-openseadragon-mobile-css", "");
  document.head.append(mark);
}

/** As large as its corner allows, in the shape of the slide. */
function sizeNavigator({ navigator }, { width, height }) {
  const scale = Math.min(220, window.innerWidth * 0.25) / Math.max(width, height);
  const side = (pixels) => `${Math.max(16, Math.round(pixels * scale))}px`;
  navigator.setWidth(side(width));
  navigator.setHeight(side(height));
}

function createViewer() {
  declineInjectedStyle();
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  // ?drawer=canvas and ?drawer=webgl choose how tiles are drawn, for browsers where the first choice fails.
  const drawer = new URLSearchParams(location.search).get("drawer") ?? "auto";
  return OpenSeadragon({
    element: element("slide"),
    drawer,
    crossOriginPolicy: "Anonymous",
    tileRetryMax: RETRIES,
    tileRetryDelay: 1000,
    showNavigationControl: false,
    keyboardNavEnabled: false,
    showNavigator: true,
    navigatorPosition: "TOP_RIGHT",
    navigatorAutoFade: false,
    animationTime: calm ? 0 : 0.5,
    blendTime: calm ? 0 : 0.1,
    zoomPerScroll: 1.3,
    minZoomImageRatio: 0.5,
    maxZoomPixelRatio: 8,
    // Without WebGL, smoothed edges leave the last row and columns of an enlarged view undrawn.
    smoothTileEdgesMinZoom: Infinity,
    visibilityRatio: 0.3,
    preserveImageSizeOnResize: true,
    gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
  });
}

async function describe(id) {
  const slide = await describeSlide(id);
  if (slide.error) throw new RequestError(500, slide.error);
  return slide;
}

/** Opens `slide` instead of whatever was open: from here on nothing of that is drawn. */
function openTiles(viewer, slide) {
  sizeNavigator(viewer, slide);
  return new Promise((resolve, reject) => {
    const settle = () => {
      viewer.removeHandler("open", opened);
      viewer.removeHandler("open-failed", failed);
    };
    const opened = () => {
      settle();
      resolve();
    };
    const failed = ({ message }) => {
      settle();
      reject(new RequestError(0, message));
    };
    viewer.addHandler("open", opened);
    viewer.addHandler("open-failed", failed);
    viewer.open(descriptorUrl(slide));
  });
}

/** Opens `slide`, or what it has been replaced with since it was described; answers what was opened. */
async function openCurrent(viewer, slide) {
  for (let openings = 1; ; openings += 1) {
    try {
      await openTiles(viewer, slide);
      return slide;
    } catch (error) {
      const now = await describe(slide.id);
      if (now.generation === slide.generation || openings === OPENINGS) throw error;
      slide = now;
    }
  }
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

/** The browser's full screen where there is one; phones without it get the whole page. */
async function setFullPage(full) {
  stage.classList.toggle("full-page", full);
  element("full-page").setAttribute("aria-pressed", String(full));
  try {
    if (full) await stage.requestFullscreen?.();
    else if (document.fullscreenElement) await document.exitFullscreen();
  } catch {
    // Refused, for instance inside a frame: the stage covers the page all the same.
  }
}

/** Says so when tiles stay missing after every retry, unless it is known why. */
function connectNotice(viewer) {
  let missing = 0;
  viewer.addHandler("open", () => {
    missing = 0;
    element("notice").hidden = true;
  });
  viewer.addHandler("tile-load-failed", ({ tries, tiledImage }) => {
    const isShown = tiledImage === viewer.world.getItemAt(0);
    if (tries <= RETRIES || !isShown || !element("changed").hidden) return;
    missing += 1;
    element("notice").textContent = `${format.count(missing)} ${missing === 1 ? "tile" : "tiles"} could not be loaded`;
    element("notice").hidden = false;
  });
}

/** Writes down what is known about `slide` wherever it stands on the page. */
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

function connect(viewer, shown) {
  connectLink(viewer);
  connectInstruments(viewer, shown);
  connectZoom(viewer);
  connectVersion(viewer, shown, {
    open: async () => openCurrent(viewer, await describe(shown.slide.id)),
    present,
  });
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
  connectNotice(viewer);
  for (const id of ["details-toggle", "full-page"]) element(id).hidden = false;
  element("details-toggle").addEventListener("click", () => toggleDetails());
  element("details-close").addEventListener("click", () => toggleDetails(false));
  element("full-page").addEventListener("click", () => setFullPage(!isFullPage()));
  document.addEventListener("fullscreenchange", () => {
    // The browser has its own ways out of the full screen.
    if (!document.fullscreenElement) setFullPage(false);
  });
}

async function start() {
  const id = slideId();
  document.title = `${id} · Origami`;
  try {
    const slide = await describe(id);
    present(slide);
    const viewer = createViewer();
    window.viewer = viewer;
    const shown = { slide: await openCurrent(viewer, slide) };
    present(shown.slide);
    connect(viewer, shown);
  } catch (error) {
    if (error.status === 404) fail("No such slide", `There is no slide “${id}” here. It may have been renamed or removed.`);
    else fail("This slide cannot be shown", error.message);
  }
}

start();
