// Items of the gallery: entries of the server's list, and folders.

import { Folder } from "./folders.js";

/** Identifies an item from one version of the list to the next. */
export function keyOf(item) {
  return item instanceof Folder ? `folder ${item.path}` : `slide ${item.id}`;
}

/** Differs if an item's card has to be drawn again. */
export function versionOf(item) {
  if (item instanceof Folder) return [item.slides, item.broken, item.picture?.id, item.picture?.generation].join(" ");
  return [item.generation, item.modified, item.title, item.error].join(" ");
}

/** Whether an item has a link: everything except packs that cannot be opened. */
export function canBeOpened(item) {
  return !item.error;
}
