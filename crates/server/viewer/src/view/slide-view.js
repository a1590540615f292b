// OpenSeadragon viewers, and opening a slide in one.

import { describeSlide, RequestError, tileUrl } from "../shared/api.js";
import { drawers } from "./drawer.js";

/** How many screenfuls of tiles stay in memory, and the limits of their number. A tile takes about 256 kB. */
const SCREENFULS = 3;
const MIN_TILES = 120;
const MAX_TILES = 600;
const TILE_SIZE = 256;

/**
 * OpenSeadragon adds a style element unless it finds one with this attribute, and the page's content security policy
 * would refuse it. An element without a namespace satisfies the query without being a style sheet. The rule itself is
 * in viewer.css.
 */
function preventInjectedStyle() {
  const name = "data-openseadragon-mobile-css";
  if (document.head.querySelector(`[${name}]`)) return;
  const marker = document.createElementNS(null, "style");
  marker.setAttribute(name, "");
  document.head.append(marker);
}

/** How many tiles to keep. Enough to go back to where one has been, without filling the memory from many tabs. */
function cachedTiles() {
  const [columns, rows] = [screen.width, screen.height].map((pixels) =>
    Math.ceil((pixels * devicePixelRatio) / TILE_SIZE),
  );
  return Math.min(MAX_TILES, Math.max(MIN_TILES, SCREENFULS * columns * rows));
}

/** Makes the navigator as large as its corner allows, in the slide's proportions. */
function sizeNavigator({ navigator }, { width, height }) {
  if (!navigator) return;
  const scale = Math.min(220, window.innerWidth * 0.25) / Math.max(width, height);
  const [navigatorWidth, navigatorHeight] = [width, height].map((pixels) => Math.max(16, Math.round(pixels * scale)));
  navigator.setWidth(`${navigatorWidth}px`);
  navigator.setHeight(`${navigatorHeight}px`);
}

/** A viewer in `element`, without a slide. `options` are OpenSeadragon's, where they differ from those below. */
export function createViewer(element, options = {}) {
  preventInjectedStyle();
  const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)").matches;
  return OpenSeadragon({
    element,
    drawer: drawers(),
    crossOriginPolicy: "Anonymous",
    // Failed tiles are requested again by TileRetries, which knows why they failed.
    tileRetryMax: 0,
    maxImageCacheCount: cachedTiles(),
    showNavigationControl: false,
    keyboardNavEnabled: false,
    showNavigator: true,
    navigatorPosition: "TOP_RIGHT",
    navigatorAutoFade: false,
    navigatorOpacity: 1,
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
    ...options,
  });
}

/** The description of a slide. A slide whose pack cannot be read is an error. */
export async function describeReadable(id) {
  const slide = await describeSlide(id);
  if (slide.error) throw new RequestError(500, slide.error);
  return slide;
}

/** OpenSeadragon's source of the tiles of `slide`. Its description says all that the Deep Zoom descriptor would. */
function tileSource(slide) {
  return {
    width: slide.width,
    height: slide.height,
    tileSize: slide.tile_size,
    tileOverlap: 0,
    minLevel: 0,
    maxLevel: slide.levels - 1,
    getTileUrl: (z, x, y) => tileUrl(slide, z, x, y),
  };
}

/**
 * Opens `slide`, which should be the current version, and returns it. From then on nothing of a slide that was open
 * before is drawn.
 */
export function openCurrent(viewer, slide) {
  sizeNavigator(viewer, slide);
  return new Promise((resolve, reject) => {
    function removeHandlers() {
      viewer.removeHandler("open", handleOpen);
      viewer.removeHandler("open-failed", handleFailure);
    }
    function handleOpen() {
      removeHandlers();
      resolve(slide);
    }
    function handleFailure({ message }) {
      removeHandlers();
      reject(new RequestError(0, message));
    }
    viewer.addHandler("open", handleOpen);
    viewer.addHandler("open-failed", handleFailure);
    viewer.open({ tileSource: tileSource(slide) });
  });
}
