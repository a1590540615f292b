// The entry of the browser's history that the gallery is: its address, and what was on the screen when it was left.

import { load, save } from "../shared/store.js";
import { placeSearch, readPlace } from "./place.js";

/** What this person chose last, for addresses that do not say. */
function preferred() {
  return { sort: load("gallery-sort"), view: load("gallery-view") };
}

/** Keeps the sort and the view of a place for the next visit. */
export function prefer(place) {
  save("gallery-sort", place.sort);
  save("gallery-view", place.view);
}

export function currentPlace() {
  return readPlace(location.search, preferred());
}

/** The address of a place. */
export function addressOf(place) {
  return location.pathname + placeSearch(place, preferred());
}

/** What `saveVisit` kept when this entry was left: `{ y, anchor, focus }`, or null. */
export function savedScreen() {
  const screen = history.state?.screen;
  return screen && Number.isFinite(screen.y) ? screen : null;
}

/** Browsers refuse to change the history too often. What was not saved then is saved the next time. */
function tryToChange(change) {
  try {
    change();
  } catch {
    // Nothing is lost but the place to come back to.
  }
}

/** Keeps a place and the screen in the history, for Back, reload and links. */
export function saveVisit(place, screen) {
  tryToChange(() => history.replaceState({ screen }, "", addressOf(place)));
}

/** Goes to a place from which Back leads here. */
export function pushVisit(place) {
  tryToChange(() => history.pushState(null, "", addressOf(place)));
}
