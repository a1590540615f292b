// Measuring distances, areas and angles on the slide.

import { Layer } from "./layer.js";
import { Measurements } from "./measurements.js";
import { MeasurePanel } from "./panel.js";
import { connectPointer } from "./pointer.js";
import { register } from "./registry.js";
import { Tool } from "./tool.js";

/** Keys that belong to the element that has the focus if it is one of these. */
const ACTIVATED = "button, a, summary, [role='button']";

/** The keys of the tool. While none is chosen they do nothing. */
function connectKeys(page, tool) {
  const isChosen = () => tool.kind !== null;
  const isOnSlide = () => isChosen() && !document.activeElement?.closest(ACTIVATED);
  page.keys.add("Enter", "place a point or end, while measuring", () => isOnSlide() && tool.enter());
  page.keys.add(" ", "place a point, while measuring", () => isOnSlide() && tool.placeInMiddle());
  page.keys.add("Backspace", "take back the last point, while measuring", () => isChosen() && tool.takeBack());
  page.keys.add("Escape", "cancel, while measuring", () => {
    if (!isChosen()) return false;
    if (!tool.cancel()) tool.choose(null);
    return true;
  });
}

/** Connects everything of this folder. */
export function connectMeasure(page) {
  const measurements = new Measurements(page);
  register(page, measurements);
  const layer = new Layer(page);
  const tool = new Tool(page, measurements, { onChange: fill, onHover: draw });
  const panel = new MeasurePanel(page, measurements, tool, fill);

  function draw() {
    const withHandles = panel.isOpen;
    layer.draw(measurements.all, { withHandles, pending: tool.pending, crosshair: tool.kind !== null });
  }
  function fill() {
    panel.fill();
    draw();
  }

  measurements.listen(fill);
  connectPointer(page, layer, measurements, tool);
  connectKeys(page, tool);
  for (const change of ["update-viewport", "animation", "open", "close", "resize", "rotate", "flip"]) {
    page.viewer.addHandler(change, draw);
  }
  draw();
}
