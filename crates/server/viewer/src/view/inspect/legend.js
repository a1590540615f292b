// The legend: how many tiles of each kind and from each place are in view, and how many bytes they are.

import { create } from "../../shared/dom.js";
import * as format from "../../shared/format.js";
import { KINDS, ORIGINS, sums } from "./kinds.js";

const SVG = "http://www.w3.org/2000/svg";

/** The line with which tiles of a kind are outlined. */
function sample({ colour, dashes }) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 32 8");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("tile-sample");
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", "M0 4h32");
  line.setAttribute("stroke", colour);
  line.setAttribute("stroke-width", "4");
  if (dashes.length > 0) line.setAttribute("stroke-dasharray", dashes.join(" "));
  svg.append(line);
  return svg;
}

function headRow(texts) {
  const row = document.createElement("tr");
  row.append(...texts.map((text) => create("th", text)));
  for (const cell of row.children) cell.scope = "col";
  const head = document.createElement("thead");
  head.append(row);
  return head;
}

function bodyRow(name, texts) {
  const row = document.createElement("tr");
  name.scope = "row";
  row.append(name, ...texts.map((text) => create("td", text)));
  return row;
}

function kindName(kind) {
  const { letter, label } = KINDS[kind];
  const name = create("th", "");
  name.append(sample(KINDS[kind]), create("b", letter), ` ${label}`);
  return name;
}

export class Legend {
  element = create("div", "", "tile-legend");
  #kinds = document.createElement("tbody");
  #origins = document.createElement("tbody");

  constructor() {
    this.element.append(
      this.#table("How they are kept", ["Kind", "Tiles", "In pack", "Sent"], this.#kinds),
      this.#table("Where they came from", ["From", "Tiles", "Sent"], this.#origins),
    );
  }

  #table(title, columns, body) {
    const table = create("table", "", "tile-table");
    table.append(create("caption", title), headRow(columns), body);
    return table;
  }

  /** Counts these tiles. */
  show(tiles) {
    const [kinds, origins] = [sums(tiles, "kind"), sums(tiles, "origin")];
    this.#kinds.replaceChildren(
      ...Object.keys(KINDS)
        .filter((kind) => kinds.has(kind))
        .map((kind) => {
          const { tiles: number, packed, sent } = kinds.get(kind);
          return bodyRow(kindName(kind), [format.count(number), format.bytes(packed), format.bytes(sent)]);
        }),
    );
    this.#origins.replaceChildren(
      ...Object.keys(ORIGINS)
        .filter((origin) => origins.has(origin))
        .map((origin) => {
          const { tiles: number, sent } = origins.get(origin);
          return bodyRow(create("th", ORIGINS[origin].label), [format.count(number), format.bytes(sent)]);
        }),
    );
  }
}
