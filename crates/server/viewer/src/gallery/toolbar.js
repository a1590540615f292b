// The controls above the slides: search, folders, broken packs, order and layout.

import { create, element, icon } from "../shared/dom.js";
import * as format from "../shared/format.js";
import { pathTo } from "./folders.js";
import { VIEWS } from "./place.js";

const WARNING = "M12 4 2.8 19.5h18.4zM12 10v4.5M12 17v.2";

function isTyping() {
  return Boolean(document.activeElement?.closest("input, select, textarea"));
}

function crumb(folder, name, address, isCurrent) {
  const item = create("li", "");
  const link = create("a", "");
  link.append(create("bdi", name));
  link.href = address;
  link.dataset.folder = folder;
  if (isCurrent) link.setAttribute("aria-current", "page");
  item.append(link);
  return item;
}

export class Toolbar {
  #changePlace;
  #folderAddress;
  #crumbsOf = null;

  /** `changePlace(changes)` is called with what somebody chose, such as `{ sort: "newest" }`. */
  constructor({ changePlace, folderAddress }) {
    this.#changePlace = changePlace;
    this.#folderAddress = folderAddress;
    const search = element("search");
    search.addEventListener("input", () => changePlace({ query: search.value }));
    element("sort").addEventListener("change", () => changePlace({ sort: element("sort").value }));
    for (const view of VIEWS) element(`view-${view}`).addEventListener("click", () => changePlace({ view }));
    element("broken").addEventListener("click", () => this.#toggleBroken());
    element("clear").addEventListener("click", () => this.#clear());
    document.addEventListener("keydown", (event) => this.#handleKey(event));
  }

  /** Puts the controls into the state of a place. `isUsable` is false while there is nothing to search or sort. */
  show(place, { brokenCount, isUsable }) {
    const search = element("search");
    // What is being typed is never touched.
    if (search.value !== place.query) search.value = place.query;
    search.hidden = !isUsable;
    element("toolbar").hidden = !isUsable;
    element("sort").value = place.sort;
    for (const view of VIEWS) element(`view-${view}`).setAttribute("aria-pressed", String(view === place.view));
    this.#showBroken(brokenCount, place.onlyBroken);
    this.#showCrumbs(place.folder);
  }

  /** Gives the focus to the name of the folder on display. */
  focusFolder() {
    element("crumbs").querySelector("[aria-current]")?.focus({ preventScroll: true });
  }

  #showBroken(count, isPressed) {
    const button = element("broken");
    button.hidden = count === 0 && !isPressed;
    button.setAttribute("aria-pressed", String(isPressed));
    const text = `${format.count(count)} ${count === 1 ? "pack" : "packs"} cannot be opened`;
    if (button.textContent !== text) button.replaceChildren(icon(WARNING), text);
  }

  #showCrumbs(folder) {
    element("crumbs").hidden = folder === "";
    if (folder === this.#crumbsOf) return;
    this.#crumbsOf = folder;
    // Made anew only for another folder, so that a link keeps the focus.
    const parts = [{ path: "", name: "All slides" }, ...pathTo(folder)];
    const items = parts.map(({ path, name }) => crumb(path, name, this.#folderAddress(path), path === folder));
    element("crumbs").querySelector("ol").replaceChildren(...items);
  }

  #toggleBroken() {
    this.#changePlace({ onlyBroken: element("broken").getAttribute("aria-pressed") !== "true" });
  }

  #clear() {
    this.#changePlace({ query: "", onlyBroken: false });
    element("search").focus();
  }

  #handleKey(event) {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping()) return;
    event.preventDefault();
    element("search").focus();
    element("search").select();
  }
}
