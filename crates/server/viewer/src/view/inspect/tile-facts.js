// Everything that is known of one tile.

import { create, descriptionItems } from "../../shared/dom.js";
import * as format from "../../shared/format.js";
import { KINDS, ORIGINS } from "./kinds.js";

/** A number of bytes, which may be none or unknown. */
function bytesText(bytes) {
  return bytes === null ? "not known" : format.bytes(bytes);
}

function items(tile) {
  const { left, top, right, bottom } = tile.area;
  return [
    ["Level", String(tile.z)],
    ["Column, row", `${tile.x}, ${tile.y}`],
    ["From", `${format.count(left)}, ${format.count(top)} px`],
    ["To", `${format.count(right)}, ${format.count(bottom)} px`],
    ["Kept as", KINDS[tile.kind].label],
    ["In the pack", bytesText(tile.packed)],
    ["As sent", bytesText(tile.sent)],
    ["Came from", ORIGINS[tile.origin].label],
  ];
}

export class TileFacts {
  element = create("section", "", "tile-facts");
  #heading = create("h3", "");
  #list = document.createElement("dl");
  #link = create("a", "");

  constructor() {
    this.#link.target = "_blank";
    this.#link.rel = "noopener";
    this.element.append(this.#heading, this.#list, this.#link);
  }

  /** Shows a tile, or that there is none. `where` says which one it is, such as "in the middle". */
  show(tile, where) {
    this.#heading.textContent = tile ? `The tile ${where}` : `There is no tile ${where}`;
    this.#list.replaceChildren(...(tile ? descriptionItems(items(tile)) : []));
    this.#link.hidden = !tile;
    if (!tile || this.#link.href === tile.url) return;
    this.#link.href = tile.url;
    this.#link.textContent = new URL(tile.url).pathname;
  }
}
