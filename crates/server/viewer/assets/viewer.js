import { describeSlide, descriptorUrl, RequestError, root } from "./api.js";
import { fillDetails } from "./details.js";
import * as format from "./format.js";
import { connectInstruments } from "./instruments.js";
import { connectKeys } from "./keys.js";
import { connectLink } from "./view-link.js";
import { connectZoom, zoomTo } from "./zoom.js";

/** How often a tile that failed is asked for again. */
const RETRIES = 3;

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
function navigatorSize({ width, height }) {
  const scale = Math.min(220, window.innerWidth * 0.25) / Math.max(width, height);
  const side = (pixels) => `${Math.max(16, Math.round(pixels * scale))}px`;
  return { navigatorWidth: side(width), navigatorHeight: side(height) };
}

function openViewer(slide) {
  declineInjectedStyle();
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  // ?drawer=canvas and ?drawer=webgl choose how tiles are drawn, for browsers where the first choice fails.
  const drawer = new URLSearchParams(location.search).get("drawer") ?? "auto";
  return OpenSeadragon({
    element: element("slide"),
    tileSources: descriptorUrl(slide),
    drawer,
    crossOriginPolicy: "Anonymous",
    tileRetryMax: RETRIES,
    tileRetryDelay: 1000,
    showNavigationControl: false,
    keyboardNavEnabled: false,
    showNavigator: true,
    navigatorPosition: "TOP_RIGHT",
    ...navigatorSize(slide),
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

/** Says so when tiles stay missing after every retry. */
function connectNotice(viewer) {
  let missing = 0;
  viewer.addHandler("tile-load-failed", ({ tries }) => {
    if (tries <= RETRIES) return;
    missing += 1;
    element("notice").textContent = `${format.count(missing)} ${missing === 1 ? "tile" : "tiles"} could not be loaded`;
    element("notice").hidden = false;
  });
}

function connect(viewer, slide) {
  connectLink(viewer);
  connectInstruments(viewer, slide);
  connectZoom(viewer, slide);
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
  let slide;
  try {
    slide = await describeSlide(id);
    if (slide.error) throw new RequestError(500, slide.error);
  } catch (error) {
    if (error.status === 404) fail("No such slide", `There is no slide “${id}” here. It may have been renamed or removed.`);
    else fail("This slide cannot be shown", error.message);
    return;
  }
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
  const viewer = openViewer(slide);
  window.viewer = viewer;
  viewer.addOnceHandler("open", () => connect(viewer, slide));
  viewer.addOnceHandler("open-failed", (event) => fail("This slide cannot be shown", event.message));
}

start();
