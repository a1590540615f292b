// What is on the stage, as pictures that lie one over the other: the slide and, while it is compared, a second one.

import { element } from "../../shared/dom.js";
import { ARRANGED, parseArrangement, parseWay } from "../compare/compare-link.js";
import { parseFragment } from "../link.js";
import { currentTable } from "../see/see.js";

/** The whole of a slide, without changes. */
const WHOLE = { table: null, cut: 0, opacity: 1 };

/** Where the viewer is on the stage, in pixels of the screen. */
function placeOf(viewer) {
  const [stage, box] = [element("stage"), viewer.element].map((part) => part.getBoundingClientRect());
  return { x: box.left - stage.left, y: box.top - stage.top };
}

/** How the second slide lies over the first. */
function overlay(page) {
  const parts = parseFragment(new URL(page.link.href()).hash);
  const isOver = parseWay(parts.get("as") ?? null) === "over";
  const { slider, opacity } = isOver ? parseArrangement(parts.get("at") ?? null) : { ...ARRANGED, slider: 0 };
  return { cut: slider / 100, opacity: opacity / 100 };
}

/**
 * The layers, the lowest first. Each has its `viewer`, its place `x`, `y` on the stage in pixels of the screen, the
 * `table` that its colours are looked up in or null, `cut`, the part of its width, from the left, that is not shown, and
 * its `opacity`.
 */
export function layersOf(page) {
  const layers = [{ ...WHOLE, viewer: page.viewer, ...placeOf(page.viewer), table: currentTable(page) }];
  const second = page.compare?.viewer;
  if (second) layers.push({ ...WHOLE, viewer: second, ...placeOf(second), ...overlay(page) });
  return layers;
}
