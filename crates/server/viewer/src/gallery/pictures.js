// Thumbnails that are loaded for cards that stay on the screen.

import { describeSlide, thumbnailUrl } from "../shared/api.js";
import { create } from "../shared/dom.js";

/** A card that is scrolled past within this time, in milliseconds, does not cost the server a thumbnail. */
const PASSING = 80;

/** Statuses of a server that is away or busy, some of them from proxies. 0 is no answer. */
const TEMPORARY = [0, 502, 503, 504];
/** Pauses until a thumbnail is asked for again, and how long an answer may take, in milliseconds. */
const FIRST_RETRY = 2000;
const LONGEST_RETRY = 15_000;
const TIMEOUT = 30_000;

let scrolledAt = -Infinity;
window.addEventListener("scroll", () => (scrolledAt = performance.now()), { passive: true });

/** The thumbnail of a slide. `onReplaced(current)` is called if the slide has been replaced since it was listed. */
export function thumbnail(slide, onReplaced) {
  const image = new Image();
  image.loading = "lazy";
  image.decoding = "async";
  image.alt = "";
  image.addEventListener("error", () => recover(slide, image, onReplaced), { once: true });
  const load = () => {
    image.src = thumbnailUrl(slide);
  };
  if (performance.now() - scrolledAt > PASSING) load();
  else setTimeout(() => image.isConnected && load(), PASSING);
  return image;
}

/** The status of a thumbnail, which an image that failed does not tell. */
async function statusOf(url) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT) });
    // A body that nobody reads would keep one of the browser's few connections to the server.
    await response.arrayBuffer();
    return response.status;
  } catch {
    return 0;
  }
}

/** Waits until a server that is away or busy answers again, for as long as the card of the thumbnail is in the page. */
async function recover(slide, image, onReplaced) {
  const url = thumbnailUrl(slide);
  let status = await statusOf(url);
  for (let pause = FIRST_RETRY; TEMPORARY.includes(status); pause = Math.min(2 * pause, LONGEST_RETRY)) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    if (!image.isConnected) return;
    // A page that nobody sees asks nothing.
    if (!document.hidden) status = await statusOf(url);
  }
  if (status !== 200) {
    await handleMissingThumbnail(slide, image, onReplaced);
    return;
  }
  image.addEventListener("error", () => showMissing(image), { once: true });
  image.src = url;
}

/** A slide that was replaced has another thumbnail. Otherwise there is none to show. */
async function handleMissingThumbnail(slide, image, onReplaced) {
  const current = await describeSlide(slide.id).catch(() => slide);
  if (current.generation === slide.generation) showMissing(image);
  else onReplaced(current);
}

function showMissing(image) {
  image.replaceWith(create("span", "No picture"));
}
