// What is on the page while tiles are inspected. It is made when inspection is turned on, and nothing of it stays.

import { slidePoint } from "../place.js";
import { kindOf, originOf } from "./kinds.js";
import { Overlay } from "./overlay.js";
import { Throttle } from "./throttle.js";
import { tileAt, tileRectangle } from "./tile-grid.js";
import { TileKinds } from "./tile-kinds.js";
import { Transfers } from "./transfers.js";

/** Minimum time between two questions to the server, and between two changes of the panel, in milliseconds. */
const LOAD_INTERVAL = 250;
const SHOW_INTERVAL = 150;

/** The tiles that are on the screen, coarse ones first, each once. */
function drawnTiles(viewer) {
  const drawn = viewer.isOpen() ? (viewer.world.getItemAt(0)?.lastDrawn ?? []) : [];
  const tiles = new Set(drawn.map((info) => info.tile));
  return [...tiles].sort((one, other) => one.level - other.level);
}

export class Inspection {
  #page;
  #listener;
  #overlay;
  #kinds = null;
  #transfers;
  #load = new Throttle(() => this.#loadKinds(), LOAD_INTERVAL);
  #show = new Throttle(() => this.#report(), SHOW_INTERVAL);
  /** Where the pointer is, in pixels of the viewer's element, or null if it is elsewhere or keys are used. */
  #pointer = null;
  #tiles = [];
  #error = "";
  #listening = new AbortController();
  #redraw = () => this.#draw();

  /** `listener({ tiles, pointed, where, error })` is called when any of it has changed. */
  constructor(page, listener) {
    this.#page = page;
    this.#listener = listener;
    this.#overlay = new Overlay(page.viewer);
    this.#transfers = new Transfers(this.#redraw);
    page.viewer.addHandler("update-viewport", this.#redraw);
    this.#followPointer();
    this.reset();
  }

  #followPointer() {
    const { element } = this.#page.viewer;
    const options = { signal: this.#listening.signal };
    for (const type of ["pointermove", "pointerdown"]) {
      element.addEventListener(type, (event) => this.#pointAt(event), options);
    }
    element.addEventListener(
      "pointerleave",
      // A finger that is lifted still has pointed at something.
      ({ pointerType }) => pointerType === "mouse" && this.#pointAt(null),
      options,
    );
    addEventListener("keydown", ({ key }) => key.startsWith("Arrow") && this.#pointAt(null), options);
  }

  #pointAt(event) {
    const box = this.#page.viewer.element.getBoundingClientRect();
    this.#pointer = event && { x: event.clientX - box.left, y: event.clientY - box.top };
    this.#draw();
  }

  /** Forgets what is known of the tiles, because another version is on display. */
  reset() {
    this.#kinds = new TileKinds(this.#page.slide);
    this.#draw();
  }

  #facts(tile) {
    const { level: z, x, y } = tile;
    const url = new URL(tile.getUrl(), document.baseURI).href;
    const kept = this.#kinds.of({ z, x, y });
    const transfer = this.#transfers.of(url);
    return {
      z,
      x,
      y,
      url,
      area: tileRectangle(this.#page.slide, { z, x, y }),
      kind: kindOf(kept?.kind),
      packed: kept?.bytes ?? null,
      sent: transfer?.encodedBodySize || null,
      origin: originOf(transfer),
    };
  }

  /** The tile under the pointer or in the middle, or null. */
  get #pointed() {
    const { viewer } = this.#page;
    if (this.#tiles.length === 0) return null;
    const { x, y } = viewer.viewport.getContainerSize();
    return tileAt(this.#tiles, slidePoint(viewer, this.#pointer ?? { x: x / 2, y: y / 2 }));
  }

  #draw() {
    this.#tiles = drawnTiles(this.#page.viewer).map((tile) => this.#facts(tile));
    this.#overlay.draw(this.#tiles, this.#pointed);
    this.#load.request();
    this.#show.request();
  }

  async #loadKinds() {
    const kinds = this.#kinds;
    try {
      const isMore = await kinds.load(this.#tiles);
      if (!isMore) return;
      this.#error = "";
    } catch (error) {
      this.#error = `The server does not say how the tiles are kept: ${error.message}`;
    }
    // Otherwise it has been turned off, or another version is on display.
    if (kinds === this.#kinds) this.#draw();
  }

  #report() {
    const where = this.#pointer ? "under the pointer" : "in the middle";
    this.#listener({ tiles: this.#tiles, pointed: this.#pointed, where, error: this.#error });
  }

  close() {
    this.#kinds = null;
    this.#page.viewer.removeHandler("update-viewport", this.#redraw);
    this.#listening.abort();
    this.#load.cancel();
    this.#show.cancel();
    this.#transfers.close();
    this.#overlay.remove();
  }
}
