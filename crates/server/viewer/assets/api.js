// Requests to the server's JSON API, and the addresses of what it serves. All addresses are relative to this file, so
// a proxy may serve the pages under a prefix.

/** The address below which all routes of the server are. */
export const root = new URL("../", import.meta.url);

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
  let response;
  try {
    response = await fetch(new URL(path, root), { headers: { accept: "application/json" } });
  } catch {
    throw new RequestError(0, "The server does not answer.");
  }
  if (!response.ok) throw new RequestError(response.status, await errorMessage(response));
  return response.json();
}

/** One page of the list of slides: `{ slides, total, offset, limit }`. */
export function listSlides(offset, limit) {
  return getJson(`slides?offset=${offset}&limit=${limit}`);
}

/** Everything the server knows about one slide. */
export function describeSlide(id) {
  return getJson(`slides/${encodeURIComponent(id)}`);
}

/** A small picture of the whole slide. With the generation in its address it can be cached for good. */
export function thumbnailUrl(slide) {
  return new URL(`slides/${encodeURIComponent(slide.id)}/thumbnail?v=${slide.generation}`, root).href;
}

/** An image that belongs to the slide besides its pixels, by its name: its label, a view of the whole glass. */
export function associatedUrl(slide, name) {
  const path = `slides/${encodeURIComponent(slide.id)}/associated/${encodeURIComponent(name)}?v=${slide.generation}`;
  return new URL(path, root).href;
}

/** The Deep Zoom descriptor. With the generation in their addresses its tiles can be cached for good. */
export function descriptorUrl(slide) {
  return new URL(`dzi/${encodeURIComponent(slide.id)}.dzi?v=${slide.generation}`, root).href;
}

/** The viewer's page for a slide. */
export function viewUrl(slide) {
  return new URL(`view/${encodeURIComponent(slide.id)}`, root).href;
}
