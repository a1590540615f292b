// Requests tiles that have failed again: after a while, as soon as the network is back, or when the user asks for it.

import { Cause, causeText, damageText, findCause } from "./cause.js";
import { Notice } from "./notice.js";

/** Seconds to wait before each attempt; the last one is repeated. */
const WAITS = [1, 2, 4, 8, 15, 30];
/** How often a damaged tile is requested before it is left alone. */
const MAX_TRIES = 3;
/** Tiles fail many at a time. This is how long in milliseconds the others are given before the cause is looked for. */
const GATHERING = 150;

const State = {
  /** Nothing is to be done. */
  CALM: "calm",
  /** The server is asked why tiles have failed. */
  EXAMINING: "examining",
  /** Until the next attempt. */
  WAITING: "waiting",
  /** The tiles have been requested again. */
  RETRYING: "retrying",
  /** There is another version of the slide; nothing of this one can be loaded. */
  OUTDATED: "outdated",
};

/** How many tiles these are. The navigator has tiles of its own for the same pictures. */
function countPictures(tiles) {
  return new Set([...tiles.keys()].map((tile) => tile.getUrl())).size;
}

export class TileRetries {
  #page;
  #notice;
  #offerNewVersion;
  #state = State.CALM;
  /** Failed tiles, each with the image that it is of: those to request again, and those that are damaged. */
  #failed = new Map();
  #damaged = new Map();
  /** How often each damaged tile has been requested. */
  #tries = new Map();
  #attempts = 0;
  #cause = null;
  #timer = null;

  /** Watches the viewer of `page`. `offerNewVersion()` runs when tiles fail because the slide has changed. */
  constructor(page, offerNewVersion) {
    this.#page = page;
    this.#offerNewVersion = offerNewVersion;
    this.#notice = new Notice(page, () => this.#retryAll());
    for (const viewer of this.#viewers()) {
      viewer.addHandler("tile-load-failed", (event) => this.#fail(event));
      viewer.addHandler("tile-loaded", () => this.#handleSuccess());
      viewer.addHandler("fully-loaded-change", () => this.#settle());
    }
    page.viewer.addHandler("open", () => this.#reset());
    addEventListener("online", () => this.#retry());
    document.addEventListener("visibilitychange", () => this.#handleVisibility());
  }

  /** Whether there are tiles that have not arrived. */
  get hasMissing() {
    return this.#failed.size + this.#damaged.size > 0;
  }

  #viewers() {
    return [this.#page.viewer, this.#page.viewer.navigator];
  }

  #reset() {
    clearTimeout(this.#timer);
    for (const tiles of [this.#failed, this.#damaged, this.#tries]) tiles.clear();
    this.#state = State.CALM;
    this.#attempts = 0;
    this.#cause = null;
    this.#notice.hide();
  }

  #fail({ eventSource, tile, tiledImage }) {
    // Requests for a version that is no longer on display may still be running.
    if (eventSource.world.getIndexOfItem(tiledImage) < 0) return;
    this.#failed.set(tile, tiledImage);
    if (this.#state === State.CALM || this.#state === State.RETRYING) this.#examine();
  }

  async #examine() {
    const { slide } = this.#page;
    this.#state = State.EXAMINING;
    await new Promise((done) => setTimeout(done, GATHERING));
    const [sample] = this.#failed.keys();
    if (!sample) return;
    const cause = await findCause(slide, sample.getUrl());
    // Meanwhile another version may have been opened, which has problems of its own.
    if (slide !== this.#page.slide || this.#state !== State.EXAMINING) return;
    this.#cause = cause.kind;
    if (cause.kind === Cause.CHANGED) {
      this.#state = State.OUTDATED;
      this.#notice.hide();
      this.#offerNewVersion();
      return;
    }
    if (cause.kind === Cause.DAMAGED) this.#setDamagedAside();
    if (this.#failed.size === 0) this.#conclude();
    else this.#wait(causeText(cause, countPictures(this.#failed)));
  }

  /** Gives up the tiles that have been requested often enough. */
  #setDamagedAside() {
    for (const [tile, tiledImage] of this.#failed) {
      const tries = (this.#tries.get(tile) ?? 0) + 1;
      this.#tries.set(tile, tries);
      if (tries < MAX_TRIES) continue;
      this.#failed.delete(tile);
      this.#damaged.set(tile, tiledImage);
    }
  }

  #wait(text) {
    this.#state = State.WAITING;
    this.#notice.show(text);
    this.#countDown(WAITS[Math.min(this.#attempts, WAITS.length - 1)]);
    this.#attempts += 1;
  }

  /** Counts down to the next attempt while somebody is looking. */
  #countDown(seconds) {
    if (document.hidden) return;
    this.#notice.showNext(`Trying again in ${seconds} s.`);
    this.#timer = setTimeout(() => (seconds > 1 ? this.#countDown(seconds - 1) : this.#retry()), 1000);
  }

  #retry() {
    if (this.#state !== State.WAITING) return;
    clearTimeout(this.#timer);
    this.#state = State.RETRYING;
    this.#notice.showNext("Trying again…");
    const failed = [...this.#failed];
    this.#failed.clear();
    // OpenSeadragon takes a tile that has failed for one that does not exist, and looks for tiles to load only while an
    // image is not fully loaded. Those that are off the screen now are requested when they are seen again.
    for (const [tile] of failed) tile.exists = true;
    for (const tiledImage of new Set(failed.map(([, tiledImage]) => tiledImage))) tiledImage._setFullyLoaded(false);
  }

  /** Tries everything again, what is damaged as well. */
  #retryAll() {
    if (this.#state !== State.CALM && this.#state !== State.WAITING) return;
    for (const [tile, tiledImage] of this.#damaged) this.#failed.set(tile, tiledImage);
    this.#damaged.clear();
    this.#tries.clear();
    this.#state = State.WAITING;
    this.#retry();
  }

  /** A tile that arrives shows that the server is back. */
  #handleSuccess() {
    if (this.#cause === Cause.UNREACHABLE) this.#retry();
  }

  /** A page that nobody sees requests nothing, and tries again as soon as it is seen. */
  #handleVisibility() {
    if (document.visibilityState === "visible") this.#retry();
    else clearTimeout(this.#timer);
  }

  /** Ends the attempts when all tiles that are needed have arrived. */
  #settle() {
    const isLoaded = this.#viewers().every((viewer) => viewer.getFullyLoaded());
    if (isLoaded && this.#state === State.RETRYING) this.#conclude();
  }

  #conclude() {
    this.#state = State.CALM;
    this.#attempts = 0;
    this.#cause = null;
    const damaged = countPictures(this.#damaged);
    if (damaged === 0) {
      this.#notice.hide();
      return;
    }
    this.#notice.show(damageText(damaged));
    this.#notice.showNext("");
  }
}
