// How the tiles of one version of a slide are kept in its pack, as far as the server has been asked.

import { tilesOf } from "../../shared/api.js";
import { rectangles } from "./tile-grid.js";

/** Time until the server is asked again after a failure, in milliseconds. */
const RETRY_DELAY = 5000;

export class TileKinds {
  #slide;
  /** For each level the tiles that are known, by `x,y`. */
  #levels = new Map();
  #loading = false;
  #retryTime = -Infinity;

  constructor(slide) {
    this.#slide = slide;
  }

  /** `{ kind, bytes }` of a tile, or null if it is not known. */
  of({ z, x, y }) {
    return this.#levels.get(z)?.get(`${x},${y}`) ?? null;
  }

  /** Asks the server for those of `tiles` that are not known. True if more is known than before. */
  async load(tiles) {
    const missing = tiles.filter((tile) => !this.of(tile));
    if (missing.length === 0 || this.#loading || performance.now() < this.#retryTime) return false;
    this.#loading = true;
    try {
      for (const z of new Set(missing.map((tile) => tile.z))) {
        for (const rectangle of rectangles(missing.filter((tile) => tile.z === z))) {
          this.#add(await tilesOf(this.#slide.id, z, rectangle));
        }
      }
      // What the answers leave out is not asked for again.
      for (const { z, x, y } of missing.filter((tile) => !this.of(tile))) {
        this.#add({ z, x, y, columns: 1, tiles: [[null, null]] });
      }
      return true;
    } catch (error) {
      this.#retryTime = performance.now() + RETRY_DELAY;
      throw error;
    } finally {
      this.#loading = false;
    }
  }

  #add({ z, x, y, columns, tiles }) {
    if (!this.#levels.has(z)) this.#levels.set(z, new Map());
    const level = this.#levels.get(z);
    for (const [index, [kind, bytes]] of tiles.entries()) {
      level.set(`${x + (index % columns)},${y + Math.floor(index / columns)}`, { kind, bytes });
    }
  }
}
