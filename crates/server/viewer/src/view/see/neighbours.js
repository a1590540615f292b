// The buttons and keys that lead to the previous and the next slide of the list.

import { neighboursOf, viewUrl } from "../../shared/api.js";

const DIRECTIONS = [
  { name: "previous", label: "Previous slide", key: "p", icon: "M18 5l-7 7 7 7M7 5v14" },
  { name: "next", label: "Next slide", key: "n", icon: "M6 5l7 7-7 7M17 5v14" },
];

/** The slides before and after this one. Neither, if the server does not say. */
async function findNeighbours(slide) {
  try {
    return await neighboursOf(slide.id);
  } catch {
    return {};
  }
}

/** One button of the rail, which is hidden while there is no slide to go to. */
class Neighbour {
  #direction;
  #button;
  #slide = null;

  constructor(page, direction) {
    this.#direction = direction;
    this.#button = page.toolbar.add({
      id: `${direction.name}-slide`,
      label: direction.label,
      icon: direction.icon,
      key: direction.key,
      group: "see",
      onClick: () => this.#go(),
    });
    this.show(null);
  }

  show(slide) {
    const { label, key } = this.#direction;
    this.#slide = slide;
    this.#button.hidden = !slide;
    if (!slide) return;
    const text = `${label}: ${slide.title ?? slide.id}`;
    this.#button.setAttribute("aria-label", text);
    this.#button.title = `${text} (${key})`;
  }

  #go() {
    if (this.#slide) location.assign(viewUrl(this.#slide));
  }
}

/** Adds both buttons. They are asked for again with each version, since the list may have changed as well. */
export function addNeighbours(page) {
  const buttons = DIRECTIONS.map((direction) => [direction.name, new Neighbour(page, direction)]);
  page.onSlide(async (slide) => {
    const found = await findNeighbours(slide);
    for (const [name, button] of buttons) button.show(found[name] ?? null);
  });
}
