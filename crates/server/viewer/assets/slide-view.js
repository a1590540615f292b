// The OpenSeadragon viewer, and opening a slide in it.

import { describeSlide, descriptorUrl, RequestError } from "./api.js";
import { element } from "./dom.js";

/** How often a failed tile is requested again. */
export const TILE_RETRIES = 3;
/** How often opening is tried while the slide keeps being replaced. */
const MAX_OPENINGS = 5;

/**
 * OpenSeadragon adds a style element unless it finds one with this attribute, and the page's content security policy
 * would refuse it. An element without a namespace satisfies the query without being a style sheet. The rule itself is
 * in viewer.css.
 */
function preventInjectedStyle() {
  const marker = document.createElementNS(null, "style");
  marker.setAttribute("data-openseadragon-mobile-css", "");
  document.head.append(marker);
}

/** Makes the navigator as large as its corner allows, in the slide's proportions. */
function sizeNavigator({ navigator }, { width, height }) {
  const scale = Math.min(220, window.innerWidth * 0.25) / Math.max(width, height);
  const [navigatorWidth, navigatorHeight] = [width, height].map((pixels) => Math.max(16, Math.round(pixels * scale)));
  navigator.setWidth(`${navigatorWidth}px`);
  navigator.setHeight(`${navigatorHeight}px`);
}

export function createViewer() {
  preventInjectedStyle();
  const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)").matches;
  // ?drawer=canvas and ?drawer=webgl choose how tiles are drawn, for browsers where the default fails.
  const drawer = new URLSearchParams(location.search).get("drawer") ?? "auto";
  return OpenSeadragon({
    element: element("slide"),
    drawer,
    crossOriginPolicy: "Anonymous",
    tileRetryMax: TILE_RETRIES,
    tileRetryDelay: 1000,
    showNavigationControl: false,
    keyboardNavEnabled: false,
    showNavigator: true,
    navigatorPosition: "TOP_RIGHT",
    navigatorAutoFade: false,
    animationTime: reducedMotion ? 0 : 0.5,
    blendTime: reducedMotion ? 0 : 0.1,
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

/** The description of a slide. A slide whose pack cannot be read is an error. */
export async function describeReadable(id) {
  const slide = await describeSlide(id);
  if (slide.error) throw new RequestError(500, slide.error);
  return slide;
}

/** Opens the tiles of `slide`. From then on nothing of a slide that was open before is drawn. */
function openTiles(viewer, slide) {
  sizeNavigator(viewer, slide);
  return new Promise((resolve, reject) => {
    function removeHandlers() {
      viewer.removeHandler("open", handleOpen);
      viewer.removeHandler("open-failed", handleFailure);
    }
    function handleOpen() {
      removeHandlers();
      resolve();
    }
    function handleFailure({ message }) {
      removeHandlers();
      reject(new RequestError(0, message));
    }
    viewer.addHandler("open", handleOpen);
    viewer.addHandler("open-failed", handleFailure);
    viewer.open(descriptorUrl(slide));
  });
}

/** Opens `slide`, or the version that has replaced it since it was described. Returns the version that was opened. */
export async function openCurrent(viewer, slide) {
  for (let openings = 1; ; openings += 1) {
    try {
      await openTiles(viewer, slide);
      return slide;
    } catch (error) {
      const current = await describeReadable(slide.id);
      if (current.generation === slide.generation || openings === MAX_OPENINGS) throw error;
      slide = current;
    }
  }
}
