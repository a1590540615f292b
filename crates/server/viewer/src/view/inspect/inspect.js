// Inspecting tiles: an outline for each of them, how it is kept, its size, and where it came from.

import { create } from "../../shared/dom.js";
import * as format from "../../shared/format.js";
import { Inspection } from "./inspection.js";
import { Legend } from "./legend.js";
import { TileFacts } from "./tile-facts.js";

const ICON = "M4 4h16v16H4zM4 12h16M12 4v16M12 8h8M16 4v8";

/** The total of a field of tiles, where tiles without it count as 0. */
function total(tiles, field) {
  return tiles.reduce((sum, tile) => sum + (tile[field] ?? 0), 0);
}

function summary(tiles) {
  const [packed, sent] = [total(tiles, "packed"), total(tiles, "sent")].map(format.bytes);
  const number = `${format.count(tiles.length)} ${tiles.length === 1 ? "tile" : "tiles"}`;
  return `${number} in view: ${packed} in the pack, ${sent} sent.`;
}

export class Inspect {
  #page;
  #switch = document.createElement("input");
  #results = create("div", "", "tile-results");
  #summary = create("p", "");
  #error = create("p", "", "tile-error");
  #legend = new Legend();
  #facts = new TileFacts();
  /** What is on the page while inspection is on, or else null. */
  #inspection = null;

  constructor(page) {
    this.#page = page;
    const panel = page.panels.add({
      id: "tiles",
      title: "Tiles",
      icon: ICON,
      key: "t",
      group: "inspect",
      description: "Shows the tiles that the picture is made of.",
    });
    panel.body.append(this.#switchRow(), this.#results);
    this.#error.setAttribute("role", "status");
    this.#results.append(this.#summary, this.#error, this.#legend.element, this.#facts.element);
    page.link.add("tiles", {
      read: (text) => this.turn(text === "1"),
      write: () => (this.#inspection ? "1" : null),
    });
    page.onSlide(() => this.#inspection?.reset());
  }

  #switchRow() {
    this.#switch.type = "checkbox";
    this.#switch.setAttribute("role", "switch");
    this.#switch.addEventListener("change", () => {
      this.turn(this.#switch.checked);
      this.#page.link.save();
    });
    const row = create("label", "", "tile-switch");
    row.append(this.#switch, "Outline the tiles");
    return row;
  }

  /** Turns inspection on or off. */
  turn(on) {
    this.#switch.checked = on;
    this.#results.hidden = !on;
    if (on === (this.#inspection !== null)) return;
    if (on) this.#inspection = new Inspection(this.#page, (view) => this.#show(view));
    else {
      this.#inspection.close();
      this.#inspection = null;
    }
  }

  #show({ tiles, pointed, where, error }) {
    this.#summary.textContent = summary(tiles);
    this.#error.textContent = error;
    this.#error.hidden = error === "";
    this.#legend.show(tiles);
    this.#facts.show(pointed, where);
  }
}

/** Adds the panel "Tiles" to the page, and turns inspection on if the address says so. */
export function connectInspect(page) {
  page.inspect = new Inspect(page);
}
