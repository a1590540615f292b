// A place in the gallery, and its address. Pure functions that work without a page.

import { ORDERS } from "./sorting.js";

export const VIEWS = ["cards", "list"];

/** The first of the values that is allowed. Addresses and what was stored may have anything. */
function firstOf(allowed, ...values) {
  return values.find((value) => allowed.includes(value)) ?? allowed[0];
}

/** A folder's path without empty parts, however it was written. */
function cleanPath(text) {
  return text.split("/").filter(Boolean).join("/");
}

/**
 * The place that the query of an address names: `{ query, sort, view, folder, onlyBroken }`. `preferred` has the sort
 * and the view that are used where the address names none, or null for each.
 */
export function readPlace(search, preferred = {}) {
  const parameters = new URLSearchParams(search);
  return {
    query: parameters.get("q") ?? "",
    sort: firstOf(ORDERS, parameters.get("sort"), preferred.sort),
    view: firstOf(VIEWS, parameters.get("view"), preferred.view),
    folder: cleanPath(parameters.get("folder") ?? ""),
    onlyBroken: parameters.get("only") === "broken",
  };
}

/** The query of the address of a place. It names the sort and the view where another browser might choose others. */
export function placeSearch(place, preferred = {}) {
  const parameters = new URLSearchParams();
  if (place.folder) parameters.set("folder", place.folder);
  if (place.query.trim()) parameters.set("q", place.query.trim());
  if (place.onlyBroken) parameters.set("only", "broken");
  if (preferred.sort || place.sort !== ORDERS[0]) parameters.set("sort", place.sort);
  if (preferred.view || place.view !== VIEWS[0]) parameters.set("view", place.view);
  const text = parameters.toString();
  return text && `?${text}`;
}
