// The server's JSON. Every address is relative to this file, so a proxy may serve the pages under a prefix.

/** Where the server's routes begin. */
export const root = new URL("../", import.meta.url);

/** A failed request. `status` is the HTTP status, or 0 if there was no answer. */
export class RequestError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function reason(response) {
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
  if (!response.ok) throw new RequestError(response.status, await reason(response));
  return response.json();
}

/** One page of the slide list: `{ slides, total, offset, limit }`. */
export function listSlides(offset, limit) {
  return getJson(`slides?offset=${offset}&limit=${limit}`);
}

/** Everything known about one slide. */
export function describeSlide(id) {
  return getJson(`slides/${encodeURIComponent(id)}`);
}

/** A small picture of the whole slide; the generation makes it cacheable for ever. */
export function thumbnailUrl(slide) {
  return new URL(`slides/${encodeURIComponent(slide.id)}/thumbnail?v=${slide.generation}`, root).href;
}

/** The Deep Zoom descriptor whose tiles are cacheable for ever. */
export function descriptorUrl(slide) {
  return new URL(`dzi/${encodeURIComponent(slide.id)}.dzi?v=${slide.generation}`, root).href;
}

/** The page that shows a slide. */
export function viewUrl(slide) {
  return new URL(`view/${encodeURIComponent(slide.id)}`, root).href;
}
