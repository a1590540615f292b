// The panel “Measure”: its tools, what to do with the one that is chosen, and the list of measurements.

import { button, create } from "../../shared/dom.js";
import { copyText } from "./clipboard.js";
import { formatCsv } from "./csv.js";
import { KINDS } from "./kinds.js";
import { List } from "./list.js";

const ICONS = {
  measure: "M3 16.5L16.5 3 21 7.5 7.5 21zM7 12.5l2 2M10 9.5l3 3M13 6.5l2 2",
  distance: "M5 19L19 5M3 17l4 4M17 3l4 4",
  area: "M5 8l8-4 7 7-4 8-10-1z",
  angle: "M20 19H4L16 5M11 19a8 8 0 0 0-2.2-5.4",
};

const HINTS = {
  distance: "Click or tap the points of a path. A double click ends it.",
  area: "Click or tap the corners. A double click, or a click on the first corner, ends it.",
  angle: "Click or tap three points. The angle is at the second one.",
};
const KEY_HINT =
  "With the keyboard: arrows move the slide below the cross, Enter places a point there, twice at the same place ends.";

/** A button that is pressed while its kind is being measured. */
function toolButton(kind, choose) {
  return button({ text: KINDS[kind].title, icon: ICONS[kind], onClick: () => choose(kind) });
}

export class MeasurePanel {
  #page;
  #measurements;
  #tool;
  #panel;
  #tools;
  #hint = create("p", "", "hint");
  #keyHint = create("p", KEY_HINT, "hint measure-keys");
  #unknownSize = create("p", "This slide does not say how large its pixels are, so values are in pixels.", "hint");
  #drawing = create("div", "", "measure-actions");
  #done;
  #takeBack;
  #list;
  #ends = create("div", "", "measure-actions");
  #removeAll;
  #undo;

  /** `onChange()` is called when the panel has opened or closed. */
  constructor(page, measurements, tool, onChange) {
    this.#page = page;
    this.#measurements = measurements;
    this.#tool = tool;
    this.#panel = page.panels.add({
      id: "measure",
      title: "Measure",
      icon: ICONS.measure,
      key: "m",
      group: "measure",
      onOpen: onChange,
      onClose: () => {
        tool.choose(null);
        onChange();
      },
    });
    this.#tools = Object.keys(KINDS).map((kind) => [kind, toolButton(kind, (kind) => this.#choose(kind))]);
    this.#list = new List(page, measurements, (measurement) => this.#remove(measurement));
    this.#panel.body.classList.add("measure-panel");
    this.#panel.body.append(
      this.#toolGroup(),
      this.#hint,
      this.#keyHint,
      this.#unknownSize,
      this.#drawingActions(),
      this.#list.element,
      this.#listActions(),
    );
    this.fill();
  }

  get isOpen() {
    return this.#panel.isOpen;
  }

  #toolGroup() {
    const group = create("div", "", "measure-tools");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", "What to measure");
    group.append(...this.#tools.map(([, tool]) => tool));
    return group;
  }

  #drawingActions() {
    this.#done = button({ text: "Done", classes: "primary", onClick: () => this.#end() });
    this.#takeBack = button({ text: "Take back", onClick: () => this.#takeBackPoint() });
    const stop = button({ text: "Stop measuring", onClick: () => this.#choose(null) });
    this.#drawing.append(this.#done, this.#takeBack, stop);
    return this.#drawing;
  }

  #listActions() {
    const copy = button({ text: "Copy as CSV", onClick: () => this.#copy() });
    this.#removeAll = button({ text: "Delete all", onClick: () => this.#deleteAll() });
    this.#undo = button({ text: "Undo delete", onClick: () => this.#undoDelete() });
    this.#ends.append(copy, this.#removeAll);
    const actions = create("div", "", "measure-actions");
    actions.append(this.#ends, this.#undo);
    return actions;
  }

  /** Chooses a tool, or none if it was chosen already. The next key is for the slide. */
  #choose(kind) {
    const chosen = kind === this.#tool.kind ? null : kind;
    this.#tool.choose(chosen);
    if (chosen) this.#focusSlide();
    else this.#tools[0][1].focus({ preventScroll: true });
    this.#page.announce(chosen ? `${KINDS[chosen].title}. ${KEY_HINT}` : "Stopped measuring");
  }

  #focusSlide() {
    this.#page.viewer.canvas.focus({ preventScroll: true });
  }

  #end() {
    this.#tool.end();
    // The button is of no use now, and a disabled one loses the focus.
    this.#focusSlide();
  }

  #takeBackPoint() {
    this.#tool.takeBack();
    if (!this.#tool.count) this.#focusSlide();
  }

  #remove(measurement) {
    this.#measurements.remove(measurement);
    this.#undo.focus();
    this.#page.announce("Measurement deleted");
  }

  #deleteAll() {
    this.#measurements.removeAll();
    this.#undo.focus();
    this.#page.announce("All measurements deleted");
  }

  #undoDelete() {
    this.#measurements.undo();
    this.#removeAll.focus();
    this.#page.announce("Measurements are back");
  }

  async #copy() {
    const copied = await copyText(formatCsv(this.#measurements.all, this.#page.slide.mpp));
    const text = copied ? "Copied" : "The browser does not allow to copy";
    this.#hint.textContent = text;
    this.#page.announce(text);
  }

  /** Shows everything as it is now. */
  fill() {
    const { kind } = this.#tool;
    for (const [name, tool] of this.#tools) tool.setAttribute("aria-pressed", String(name === kind));
    this.#hint.textContent = kind ? HINTS[kind] : "Drag the end of a line to move it.";
    this.#hint.hidden = !kind && this.#measurements.all.length === 0;
    this.#keyHint.hidden = !kind;
    this.#unknownSize.hidden = Boolean(this.#page.slide.mpp);
    this.#drawing.hidden = !kind;
    this.#done.disabled = !this.#tool.canEnd;
    this.#takeBack.disabled = this.#tool.count === 0;
    this.#list.fill();
    this.#ends.hidden = this.#measurements.all.length === 0;
    this.#undo.hidden = !this.#measurements.canUndo;
  }
}
