// Requests to the server's JSON API, and the addresses of what it serves. All addresses are relative to this file, so
// a proxy may serve the pages under a prefix.

/** The address below which all routes of the server are. */
export const root = new URL("../", import.meta.url);

/** A server that takes longer, in milliseconds, counts as one that does not answer. */
const TIMEOUT = 30_000;

/** A failed request. `status` is the HTTP status, or 0 if there was no response. */
export class RequestError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** The error message in a response that is not a success. */
async function errorMessage(response) {
  const text = (await response.text()).trim();
  try {
    const body = JSON.parse(text);
    return body.error ?? body.message ?? text;
  } catch {
    return text || response.statusText || `HTTP ${response.status}`;
  }
}

async function getJson(path) {
  try {
    // Without headers of its own the request is the one that the viewer's page has preloaded.
    const response = await fetch(new URL(path, root), { signal: AbortSignal.timeout(TIMEOUT) });
    if (response.ok) return await response.json();
    throw new RequestError(response.status, await errorMessage(response));
  } catch (error) {
    if (error instanceof RequestError) throw error;
    // There was no connection, or it broke in the middle of the answer.
    throw new RequestError(0, "The server does not answer.");
  }
}

/** The address of a route about one slide: what follows `prefix` and the slide's id, in a version if one is given. */
function slideUrl(prefix, id, rest = "", generation = null) {
  const version = generation === null ? "" : `?v=${encodeURIComponent(generation)}`;
  return new URL(`${prefix}/${encodeURIComponent(id)}${rest}${version}`, root).href;
}

/** One page of the list of slides: `{ slides, total, offset, limit, revision }`. */
export function listSlides(offset, limit) {
  return getJson(`slides?offset=${offset}&limit=${limit}`);
}

/** Everything the server knows about one slide. */
export function describeSlide(id) {
  return getJson(slideUrl("slides", id));
}

/** The slides before and after one in the list: `{ previous, next }`, each `{ id, title }` or null. */
export function neighboursOf(id) {
  return getJson(slideUrl("slides", id, "/neighbours"));
}

/** How a rectangle of tiles of level `z` is kept: `{ z, x, y, columns, rows, tiles: [[kind, bytes], …] }`, row by row. */
export function tilesOf(id, z, { x, y, columns, rows }) {
  return getJson(slideUrl("slides", id, `/levels/${z}/tiles?x=${x}&y=${y}&columns=${columns}&rows=${rows}`));
}

/** A small picture of the whole slide. With the generation in its address it can be cached for good. */
export function thumbnailUrl(slide) {
  return slideUrl("slides", slide.id, "/thumbnail", slide.generation);
}

/** An image that belongs to the slide besides its pixels, by its name: its label, a view of the whole glass. */
export function associatedUrl(slide, name) {
  return slideUrl("slides", slide.id, `/associated/${encodeURIComponent(name)}`, slide.generation);
}

/** The Deep Zoom descriptor, for other viewers. */
export function descriptorUrl(slide) {
  return slideUrl("dzi", slide.id, ".dzi", slide.generation);
}

/** The tile in column `x` and row `y` of level `z`. With the generation in its address it can be cached for good. */
export function tileUrl(slide, z, x, y) {
  return slideUrl("dzi", slide.id, `_files/${z}/${x}_${y}.jpg`, slide.generation);
}

/** The viewer's page for a slide. */
export function viewUrl(slide) {
  return slideUrl("view", slide.id);
}

/** The page of everything that is known of a slide. */
export function aboutUrl(slide) {
  return slideUrl("about", slide.id);
}
