// What the page says besides the slides: how many there are, that there are none, that the server is away, what is new.

import { element } from "../shared/dom.js";
import * as format from "../shared/format.js";
import { slideCount } from "./card.js";

/** Somebody who types is not interrupted, in milliseconds. */
const PAUSE = 700;

function countText({ loaded, total, isComplete, isSearching, found, below }) {
  if (total === null) return "Loading…";
  if (total === 0) return "";
  if (!isComplete) {
    const progress = `${format.count(loaded)} of ${slideCount(total)} loaded`;
    return isSearching ? `${format.count(found)} found, ${progress}` : progress;
  }
  return isSearching ? `${format.count(found)} of ${slideCount(below)}` : slideCount(below);
}

/** "2 new slides", "1 slide removed", both, or null. */
export function newsText({ added, removed }) {
  const parts = [];
  if (added > 0) parts.push(`${format.count(added)} new ${added === 1 ? "slide" : "slides"}`);
  if (removed > 0) parts.push(`${slideCount(removed)} removed`);
  return parts.length ? parts.join(", ") : null;
}

/** Shows one of the messages that stand in the place of slides, or none. */
function showMessage(shown) {
  for (const id of ["empty", "no-match", "no-folder"]) element(id).hidden = id !== shown;
}

function messageFor({ total, isComplete, isSearching, found, below }, place) {
  if (!isComplete) return null;
  if (total === 0) return "empty";
  if (below === 0 && place.folder) return "no-folder";
  return isSearching && found === 0 ? "no-match" : null;
}

/** Says what is on display. `state` has `loaded`, `total`, `isComplete`, `isSearching`, `found` and `below`. */
export function showState(state, place) {
  element("count").textContent = countText(state, place);
  element("cards").setAttribute("aria-busy", String(!state.isComplete));
  element("no-match-text").textContent = place.query.trim();
  element("no-match-query").hidden = !place.query.trim();
  element("no-match-broken").hidden = Boolean(place.query.trim());
  element("no-folder-text").textContent = place.folder;
  showMessage(messageFor(state, place));
}

let announcement = null;

/** Tells screen readers what a search found, once the typing has come to a rest. */
export function announceFound() {
  clearTimeout(announcement);
  announcement = setTimeout(() => {
    element("announcement").textContent = element("count").textContent;
  }, PAUSE);
}

/** Shows and announces what has changed in the list. It stays until the next news. */
export function showNews(text) {
  element("news").textContent = text;
}

/** What is shown stays; a line above it says that the server is away, or what it answers instead. */
export function showFailure(error) {
  const text = `${error.message} The list is asked for again by itself.`;
  // Setting a text again would make screen readers read it again.
  if (element("failure-text").textContent !== text) element("failure-text").textContent = text;
  element("failure").hidden = false;
  if (element("count").textContent === "Loading…") element("count").textContent = "";
}

export function hideFailure() {
  element("failure").hidden = true;
}
