// Thumbnails that are loaded for cards that stay on the screen.

import { describeSlide, thumbnailUrl } from "../shared/api.js";
import { create } from "../shared/dom.js";

/** A card that is scrolled past within this time, in milliseconds, does not cost the server a thumbnail. */
const PASSING = 80;

let scrolledAt = -Infinity;
window.addEventListener("scroll", () => (scrolledAt = performance.now()), { passive: true });

/** The thumbnail of a slide. `onReplaced(current)` is called if the slide has been replaced since it was listed. */
export function thumbnail(slide, onReplaced) {
  const image = new Image();
  image.loading = "lazy";
  image.decoding = "async";
  image.alt = "";
  image.addEventListener("error", () => handleMissingThumbnail(slide, image, onReplaced));
  const load = () => {
    image.src = thumbnailUrl(slide);
  };
  if (performance.now() - scrolledAt > PASSING) load();
  else setTimeout(() => image.isConnected && load(), PASSING);
  return image;
}

/** A slide that was replaced has another thumbnail. Otherwise there is none to show. */
async function handleMissingThumbnail(slide, image, onReplaced) {
  const current = await describeSlide(slide.id).catch(() => slide);
  if (current.generation === slide.generation) image.replaceWith(create("span", "No picture"));
  else onReplaced(current);
}
