// The slide's thumbnail, which is on the screen before the first tile is, and stays below the tiles until they cover
// the view.

import { element } from "../shared/dom.js";
import { screenPoint } from "./place.js";

/** How long tiles take to become opaque, in milliseconds, with a margin. */
const FADE = 300;

/** Lays the picture where the slide is on the screen. Its three corners say how it is turned and mirrored. */
function place(image, viewer, { width, height }) {
  const { naturalWidth, naturalHeight } = image;
  if (!naturalWidth || !viewer.isOpen()) return;
  const corner = screenPoint(viewer, { x: 0, y: 0 });
  const right = screenPoint(viewer, { x: width, y: 0 });
  const bottom = screenPoint(viewer, { x: 0, y: height });
  const columns = [(right.x - corner.x) / naturalWidth, (right.y - corner.y) / naturalWidth];
  const rows = [(bottom.x - corner.x) / naturalHeight, (bottom.y - corner.y) / naturalHeight];
  image.classList.add("placed");
  image.style.transform = `matrix(${[...columns, ...rows, corner.x, corner.y].join(",")})`;
}

/** Keeps the thumbnail in step with the view, and removes it when it is no longer needed. `retries` knows what is. */
export function connectThumbnail(page, retries) {
  const { viewer, slide } = page;
  const image = element("thumbnail");

  function follow() {
    place(image, viewer, slide);
  }
  function removeWhenCovered({ fullyLoaded }) {
    // To OpenSeadragon, tiles that have failed are loaded.
    if (fullyLoaded && !retries.hasMissing) setTimeout(remove, FADE);
  }
  function remove() {
    viewer.removeHandler("update-viewport", follow);
    viewer.removeHandler("fully-loaded-change", removeWhenCovered);
    image.remove();
  }

  viewer.addHandler("update-viewport", follow);
  viewer.addHandler("fully-loaded-change", removeWhenCovered);
  image.addEventListener("load", follow);
  image.addEventListener("error", remove);
  page.onSlide((displayed) => {
    if (displayed !== slide) remove();
  });
  const hasFailed = image.complete && image.naturalWidth === 0;
  if (hasFailed) remove();
  else follow();
}
