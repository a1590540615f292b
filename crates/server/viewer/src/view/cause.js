// Why tiles of a slide cannot be loaded. A failed image does not say, so the server is asked.

import { describeSlide } from "../shared/api.js";
import * as format from "../shared/format.js";

/** How long a tile may take, in milliseconds. */
const TIMEOUT = 30_000;

/**
 * What may be the matter: no answer from the server, the slide gone from it, its pack broken, another version of it,
 * too many requests, damaged tiles, or anything else.
 */
export const Cause = {
  UNREACHABLE: "unreachable",
  REMOVED: "removed",
  BROKEN: "broken",
  CHANGED: "changed",
  BUSY: "busy",
  DAMAGED: "damaged",
  UNKNOWN: "unknown",
};

/** What a status of the slide's description means. 0 is no response; the others come from servers in between. */
function causeOfStatus(status) {
  if (status === 404) return Cause.REMOVED;
  if (status === 503) return Cause.BUSY;
  if (status === 500) return Cause.BROKEN;
  return [0, 502, 504].includes(status) ? Cause.UNREACHABLE : Cause.UNKNOWN;
}

/** Asks for a failed tile once more, because only the tile itself says that it is damaged. */
async function causeOfTile(url) {
  try {
    const { status, body } = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT) });
    await body?.cancel();
    if (status === 503) return Cause.BUSY;
    return status === 500 ? Cause.DAMAGED : Cause.UNKNOWN;
  } catch {
    return Cause.UNKNOWN;
  }
}

/** Finds out why the tile at `url` of `slide`, the version on display, has failed: `{ kind, message }`. */
export async function findCause(slide, url) {
  try {
    const current = await describeSlide(slide.id);
    if (current.error) return { kind: Cause.BROKEN, message: current.error };
    if (current.generation !== slide.generation) return { kind: Cause.CHANGED };
    return { kind: await causeOfTile(url) };
  } catch ({ status, message }) {
    return { kind: causeOfStatus(status), message };
  }
}

/** The cause as a sentence. `tiles` is how many tiles have failed. */
export function causeText({ kind, message }, tiles) {
  switch (kind) {
    case Cause.UNREACHABLE:
      return "The server does not answer.";
    case Cause.REMOVED:
      return "This slide is no longer on the server.";
    case Cause.BROKEN:
      return format.sentence(message);
    case Cause.BUSY:
      return "The server is busy.";
    default:
      return `${tilesText(tiles)} could not be loaded.`;
  }
}

/** What is said when nothing but damaged tiles is missing. */
export function damageText(tiles) {
  return `${tilesText(tiles)} of this slide ${tiles === 1 ? "is" : "are"} damaged on the server; everything else is shown.`;
}

function tilesText(tiles) {
  return `${format.count(tiles)} ${tiles === 1 ? "tile" : "tiles"}`;
}
