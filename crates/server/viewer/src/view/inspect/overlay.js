// The drawing over the slide: an outline for each tile, and what there is room to say in it.

import * as format from "../../shared/format.js";
import { screenPoint } from "../place.js";
import { KINDS } from "./kinds.js";
import { corners } from "./tile-grid.js";

/** Distance of an outline from the tile's edge, so that those of neighbours stay apart, in screen pixels. */
const INSET = 2.5;
const LINE_HEIGHT = 15;
const PADDING = 4;
const FONT = "600 12px system-ui, sans-serif";
const PLATE = "rgb(18 18 24 / 84%)";
/** Smallest side of a tile on the screen in which there is room for its letter, and for all lines. */
const ROOM_FOR_LETTER = 28;
const ROOM_FOR_LINES = 96;

/** The lines of text in a tile whose sides on the screen are `room` long. */
function lines(tile, room) {
  const { letter } = KINDS[tile.kind];
  if (room < ROOM_FOR_LETTER) return [];
  if (room < ROOM_FOR_LINES) return [letter];
  const sizes = [tile.packed, tile.sent].map((bytes) => (bytes === null ? "–" : format.bytes(bytes)));
  const origin = tile.origin === "unknown" ? "" : tile.origin;
  return [`${letter}  ${tile.z} / ${tile.x}, ${tile.y}`, sizes.join(" → "), origin];
}

/** The corners moved towards their middle. */
function inset(points, middle) {
  return points.map(({ x, y }) => {
    const distance = Math.hypot(middle.x - x, middle.y - y) || 1;
    const share = Math.min(1, (INSET * Math.SQRT2) / distance);
    return { x: x + (middle.x - x) * share, y: y + (middle.y - y) * share };
  });
}

export class Overlay {
  #viewer;
  #canvas = document.createElement("canvas");
  #context = this.#canvas.getContext("2d");

  constructor(viewer) {
    this.#viewer = viewer;
    this.#canvas.className = "tile-overlay";
    this.#canvas.setAttribute("aria-hidden", "true");
    viewer.canvas.append(this.#canvas);
  }

  remove() {
    this.#canvas.remove();
  }

  /** Draws these tiles, each with its rectangle `area` on the slide. `marked` is one of them or null. */
  draw(tiles, marked) {
    this.#clear();
    const context = this.#context;
    context.font = FONT;
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (const tile of tiles) this.#drawTile(tile, tile === marked);
  }

  /** Fits the canvas to the viewer, pixel for pixel, and empties it. */
  #clear() {
    const { x: width, y: height } = this.#viewer.viewport.getContainerSize();
    const ratio = window.devicePixelRatio || 1;
    const [pixelWidth, pixelHeight] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.#canvas.width !== pixelWidth || this.#canvas.height !== pixelHeight) {
      this.#canvas.width = pixelWidth;
      this.#canvas.height = pixelHeight;
    }
    this.#context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.#context.clearRect(0, 0, width, height);
  }

  #drawTile(tile, isMarked) {
    const points = corners(tile.area).map((corner) => screenPoint(this.#viewer, corner));
    const middle = { x: (points[0].x + points[2].x) / 2, y: (points[0].y + points[2].y) / 2 };
    this.#trace(inset(points, middle));
    this.#outline(KINDS[tile.kind], isMarked);
    const sides = [1, 3].map((corner) => Math.hypot(points[corner].x - points[0].x, points[corner].y - points[0].y));
    this.#write(lines(tile, Math.min(...sides)), middle);
  }

  #trace(points) {
    const context = this.#context;
    context.beginPath();
    for (const { x, y } of points) context.lineTo(x, y);
    context.closePath();
  }

  /** A white line under the coloured one, which otherwise would vanish in tissue of its colour. */
  #outline({ colour, dashes }, isMarked) {
    const context = this.#context;
    context.setLineDash([]);
    context.strokeStyle = "white";
    context.lineWidth = isMarked ? 8 : 4;
    context.stroke();
    context.setLineDash(dashes);
    context.strokeStyle = colour;
    context.lineWidth = isMarked ? 5 : 2;
    context.stroke();
  }

  #write(texts, { x, y }) {
    const written = texts.filter(Boolean);
    if (written.length === 0) return;
    const context = this.#context;
    const width = Math.max(...written.map((text) => context.measureText(text).width)) + 2 * PADDING;
    const height = written.length * LINE_HEIGHT + 2 * PADDING;
    context.fillStyle = PLATE;
    context.fillRect(x - width / 2, y - height / 2, width, height);
    context.fillStyle = "white";
    const top = y - height / 2 + PADDING + LINE_HEIGHT / 2;
    written.forEach((text, line) => context.fillText(text, x, top + line * LINE_HEIGHT));
  }
}
