// Panels beside the rail of tools. On a narrow screen they come up from its lower edge.

import { button, create } from "../shared/dom.js";

const CROSS = "M6 6l12 12M18 6L6 18";
/** Where there is room for one panel only. */
const narrow = matchMedia("(max-width: 54rem), (max-height: 26rem)");

/** A part of the page that a button opens and closes. Panels that cover each other are never open together. */
export class Panel {
  #panels;
  #element;
  #onOpen;
  #onClose;

  /** `element` is hidden at first; `button` says that it controls it; `body` is where the content goes. */
  constructor(panels, { element, button, body, side, onOpen, onClose }) {
    this.#panels = panels;
    this.#element = element;
    this.#onOpen = onOpen;
    this.#onClose = onClose;
    this.side = side;
    this.button = button;
    this.body = body;
    button.setAttribute("aria-controls", element.id);
    button.setAttribute("aria-expanded", "false");
  }

  get isOpen() {
    return !this.#element.hidden;
  }

  get hasFocus() {
    return this.#element.contains(document.activeElement);
  }

  /** Opens the panel, closes what it would cover, and moves the focus into it. */
  open() {
    if (this.isOpen) return;
    this.#panels.makeRoomFor(this);
    this.#setOpen(true);
    this.focus();
    this.#onOpen?.();
  }

  focus() {
    this.#element.focus({ preventScroll: true });
  }

  /** Closes the panel. If the focus was in it, it returns to the panel's button. */
  close() {
    if (!this.isOpen) return;
    const { hasFocus } = this;
    this.#setOpen(false);
    if (hasFocus) this.#panels.returnFocus(this.button);
    this.#onClose?.();
  }

  toggle() {
    if (this.isOpen) this.close();
    else this.open();
  }

  #setOpen(open) {
    this.#element.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
  }
}

export class Panels {
  #all = [];
  #container;
  #toolbar;
  #slide;

  /** Panels are added to `container`, and their buttons to `toolbar`. `slide` is the element that pans and zooms. */
  constructor(container, toolbar, slide) {
    this.#container = container;
    this.#toolbar = toolbar;
    this.#slide = slide;
  }

  /**
   * Adds a button to the rail and a panel beside it, which is closed. `description` is a sentence below the panel's
   * title; `onOpen` and `onClose` run after the panel has opened or closed, however that came about.
   */
  add({ id, title, icon, key, group, description, onOpen, onClose }) {
    const element = create("section", "", "panel");
    element.id = `panel-${id}`;
    element.tabIndex = -1;
    element.hidden = true;
    const heading = create("h2", title);
    heading.id = `panel-${id}-title`;
    element.setAttribute("aria-labelledby", heading.id);
    const body = create("div", "", "panel-body");
    const head = create("div", "", "panel-head");
    const close = button({ label: `Close: ${title}`, icon: CROSS, onClick: () => panel.close() });
    head.append(heading, close);
    element.append(head);
    if (description) element.append(create("p", description, "hint"));
    element.append(body);
    this.#container.append(element);
    const opener = this.#toolbar.add({ id, label: title, icon, key, group, onClick: () => panel.toggle() });
    const panel = this.adopt({ element, button: opener, body, side: "left", onOpen, onClose });
    return panel;
  }

  /** Makes a panel of an element and a button that are part of the page. `side` is where on the stage it is. */
  adopt(parts) {
    const panel = new Panel(this, parts);
    this.#all.push(panel);
    return panel;
  }

  /** Closes all panels that `opening` would cover. */
  makeRoomFor(opening) {
    for (const panel of this.#all) {
      if (panel !== opening && (narrow.matches || panel.side === opening.side)) panel.close();
    }
  }

  /** Moves the focus to a panel's button or, where that is hidden or behind the full screen, to the slide. */
  returnFocus(button) {
    button.focus({ preventScroll: true });
    if (document.activeElement !== button) this.#slide.focus({ preventScroll: true });
  }

  /** Closes the open panel that has the focus, or else the one that was added last. False if none is open. */
  closeOne() {
    const open = this.#all.filter((panel) => panel.isOpen);
    const panel = open.find((panel) => panel.hasFocus) ?? open.at(-1);
    panel?.close();
    return panel !== undefined;
  }
}
