// The cards of slides, of packs that cannot be opened, and of folders. In the list view the same elements are rows.
// Names come from files: they are only ever text, and isolated, so that what changes the direction of text ends with them.

import { viewUrl } from "../shared/api.js";
import { create, element, icon } from "../shared/dom.js";
import * as format from "../shared/format.js";
import { Folder } from "./folders.js";
import { thumbnail } from "./pictures.js";

const FOLDER = "M3 6.5A1.5 1.5 0 0 1 4.5 5h4.6l2.4 2.5h8A1.5 1.5 0 0 1 21 9v9a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 18z";
const WARNING = "M12 4 2.8 19.5h18.4zM12 10v4.5M12 17v.2";

const dates = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

/** A number of slides in words. */
export function slideCount(count) {
  return `${format.count(count)} ${count === 1 ? "slide" : "slides"}`;
}

/** Names of facts, as style sheets know them and as people read them, with their texts. */
function facts(slide) {
  return [
    ["size", "Size", format.pixels(slide)],
    ["area", "Area", format.millimetres(slide)],
    ["magnification", "Magnification", format.magnification(slide)],
    ["pixel", "Pixel size", format.pixelSize(slide)],
    ["format", "Format", slide.format],
    ["pack", "Pack", format.bytes(slide.bytes)],
    ["changed", "Added", slide.modified && dates.format(slide.modified)],
  ];
}

function factElement([id, name, text]) {
  const fact = create("div", "", `fact ${id}`);
  fact.append(create("dt", name), create("dd", text));
  return fact;
}

/** Makes cards. `onReplaced(slide, current)` is called for a slide that was replaced since it was listed. */
export class CardMaker {
  constructor({ folderAddress, onReplaced }) {
    this.folderAddress = folderAddress;
    this.onReplaced = onReplaced;
  }

  make(item) {
    const card = element("card").content.firstElementChild.cloneNode(true);
    if (item instanceof Folder) this.#fillFolder(card, item);
    else if (item.error) this.#fillBroken(card, item);
    else this.#fillSlide(card, item);
    return card;
  }

  #fillSlide(card, slide) {
    fillNames(card, slide, nameLink(slide.title, viewUrl(slide)));
    if (slide.mode) card.querySelector("h2").append(" ", create("span", slide.mode, "badge"));
    card.querySelector(".picture").append(this.#thumbnail(slide));
    card.querySelector("dl").append(...facts(slide).filter(([, , text]) => text).map(factElement));
  }

  #fillBroken(card, pack) {
    card.classList.add("broken");
    fillNames(card, pack, create("bdi", pack.title));
    card.querySelector("h2").append(" ", create("span", "broken", "badge danger"));
    card.querySelector(".picture").append(icon(WARNING), create("span", "Cannot be opened"));
    const reason = create("p", pack.error, "reason");
    reason.title = pack.error;
    card.querySelector("dl").replaceWith(reason);
  }

  #fillFolder(card, folder) {
    card.classList.add("folder");
    const link = nameLink(folder.name, this.folderAddress(folder.path));
    link.dataset.folder = folder.path;
    card.querySelector("h2").append(link);
    if (folder.picture) card.querySelector(".picture").append(this.#thumbnail(folder.picture));
    card.querySelector(".picture").append(icon(FOLDER));
    const contents = create("p", slideCount(folder.slides), "contents");
    if (folder.broken > 0) contents.append(" ", create("span", `${format.count(folder.broken)} broken`, "badge danger"));
    card.querySelector("dl").replaceWith(contents);
  }

  #thumbnail(slide) {
    return thumbnail(slide, (current) => this.onReplaced(slide, current));
  }
}

function nameLink(name, address) {
  const link = create("a", "");
  link.href = address;
  link.append(create("bdi", name));
  return link;
}

/** The name, and below it the id where it says something else, and the folder, which style sheets show in results. */
function fillNames(card, entry, name) {
  card.dataset.slide = entry.id;
  card.querySelector("h2").append(name);
  card.querySelector("h2").title = entry.title;
  const names = card.querySelector(".names");
  if (entry.id.split("~").pop() !== entry.title) names.append(create("p", entry.id, "id"));
  if (entry.folder) names.append(create("p", `in ${entry.folder}`, "where"));
}
