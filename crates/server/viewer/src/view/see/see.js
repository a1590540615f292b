// What helps to see: how the slide lies, how its colours are shown, its neighbours in the list, and its label.

import { addLabelPanel } from "./label-panel.js";
import { Look } from "./look.js";
import { addLookPanel } from "./look-panel.js";
import { addNeighbours } from "./neighbours.js";
import { Orientation } from "./orientation.js";

export { applyTable } from "./adjustment.js";

/** The adjustment of each page. */
const looks = new WeakMap();

/** The lookup table of 256 values that the slide is shown through, or null if its colours are not adjusted. */
export function currentTable(page) {
  return looks.get(page)?.table ?? null;
}

/** Connects everything of this folder. */
export function connectSee(page) {
  const orientation = new Orientation(page);
  const look = new Look(page);
  looks.set(page, look);
  addNeighbours(page);
  addLookPanel(page, orientation, look);
  addLabelPanel(page);
  page.keys.add("r", "rotate right by 90°", () => orientation.turn(90));
  page.keys.add("R", "rotate left by 90°", () => orientation.turn(-90));
  page.keys.add("h", "flip from left to right", () => orientation.toggleFlip());
}
