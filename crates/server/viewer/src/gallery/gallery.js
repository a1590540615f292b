// The gallery: shows the slides of a place, and goes from place to place.

import { RequestError } from "../shared/api.js";
import { element } from "../shared/dom.js";
import { CardMaker } from "./card.js";
import { entriesBelow, foldersIn } from "./folders.js";
import { SlideList } from "./list.js";
import { announceFound, hideFailure, newsText, showFailure, showNews, showState } from "./notices.js";
import { Query } from "./search.js";
import { sorted } from "./sorting.js";
import { Toolbar } from "./toolbar.js";
import { addressOf, currentPlace, prefer, pushVisit, savedScreen, saveVisit } from "./visit.js";
import { Watch } from "./watch.js";
import { CardWindow } from "./window.js";

/** The address follows typing and scrolling after this pause in milliseconds, because browsers limit its changes. */
const SAVE_PAUSE = 250;

/** Changes that lead to other slides, so that the list is shown from its beginning. */
const OTHER_SLIDES = ["query", "sort", "onlyBroken", "folder"];

class Gallery {
  #place = currentPlace();
  /** The screen to come back to, until it is on display or somebody uses the page. */
  #returning = savedScreen();
  #saving = null;

  constructor() {
    const folderAddress = (folder) => addressOf(this.#placeOf(folder));
    this.list = new SlideList((change) => this.#handleChange(change));
    const cards = new CardMaker({ folderAddress, onReplaced: (old, current) => this.list.replace(old, current) });
    this.window = new CardWindow(element("cards"), (item) => cards.make(item));
    this.toolbar = new Toolbar({ changePlace: (changes) => this.#changePlace(changes), folderAddress });
    this.watch = new Watch(() => this.list.refresh(), { onSuccess: hideFailure, onFailure: handleFailure });
  }

  start() {
    history.scrollRestoration = "manual";
    window.addEventListener("popstate", () => this.#comeBack());
    window.addEventListener("scroll", () => this.#saveSoon(), { passive: true });
    for (const type of ["wheel", "touchstart", "pointerdown", "keydown"]) {
      window.addEventListener(type, () => (this.#returning = null), { passive: true });
    }
    document.addEventListener("click", (event) => this.#handleClick(event));
    for (const id of ["retry", "empty-reload"]) element(id).addEventListener("click", () => this.watch.now());
    this.#show();
    this.watch.now();
  }

  /** Shows what there is of the list at this place. */
  #show() {
    const { entries, total, isComplete } = this.list;
    const { folder, sort, view, onlyBroken } = this.#place;
    const query = new Query(this.#place.query);
    const below = entriesBelow(this.#sorted(entries, sort), folder);
    const isSearching = onlyBroken || !query.isEmpty;
    const items = isSearching
      ? below.filter((entry) => (!onlyBroken || entry.error) && query.matches(entry))
      : [...foldersIn(entries, folder), ...below.filter((entry) => entry.folder === folder)];
    const brokenCount = below.filter(({ error }) => error).length;
    this.toolbar.show(this.#place, { brokenCount, isUsable: total > 0 });
    element("cards").classList.toggle("rows", view === "list");
    element("cards").classList.toggle("results", isSearching);
    element("columns").hidden = view !== "list" || items.length === 0;
    this.window.show(items, isComplete);
    this.#addressFolders();
    showState(
      { loaded: entries.length, total, isComplete, isSearching, found: items.length, below: below.length },
      this.#place,
    );
    document.title = `${folder ? folder.split("/").pop() : "Slides"} · Origami`;
  }

  /** The place that a link to a folder leads to. */
  #placeOf(folder) {
    return { ...this.#place, folder, query: "", onlyBroken: false };
  }

  /** Links that are in the page already lead to the order and the layout that were chosen last, in new tabs as well. */
  #addressFolders() {
    for (const link of document.querySelectorAll("a[data-folder]")) {
      link.href = addressOf(this.#placeOf(link.dataset.folder));
    }
  }

  /** The entries in an order. Sorting is done once for each list and order, not for each key that is typed. */
  #sorted(entries, order) {
    if (this.sortedFrom !== entries || this.sortedBy !== order) {
      this.sortedEntries = sorted(entries, order);
      this.sortedFrom = entries;
      this.sortedBy = order;
    }
    return this.sortedEntries;
  }

  #handleChange(change) {
    const anchor = this.window.anchor();
    this.#show();
    if (this.#returning) this.#return();
    else this.window.hold(anchor);
    const news = newsText(change);
    if (news) showNews(news);
  }

  #changePlace(changes) {
    const anchor = this.window.anchor();
    this.#returning = null;
    this.#place = { ...this.#place, ...changes };
    if ("sort" in changes || "view" in changes) prefer(this.#place);
    this.#show();
    if (OTHER_SLIDES.some((name) => name in changes)) this.#scrollToStart();
    else this.window.hold(anchor);
    if ("query" in changes || "onlyBroken" in changes) announceFound();
    this.#saveSoon();
  }

  /** Does not scroll a page whose list is still below the masthead. */
  #scrollToStart() {
    if (element("cards").getBoundingClientRect().top < 0) window.scrollTo({ top: 0, behavior: "instant" });
  }

  /** Folders are opened without loading the page again. Before another page is opened, the screen is saved. */
  #handleClick(event) {
    const link = event.target.closest?.("a");
    if (!link) return;
    this.#save();
    const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (link.dataset.folder === undefined || !isPlain) return;
    event.preventDefault();
    this.#openFolder(link.dataset.folder);
  }

  #openFolder(folder) {
    this.#returning = null;
    this.#place = this.#placeOf(folder);
    pushVisit(this.#place);
    this.#show();
    window.scrollTo({ top: 0, behavior: "instant" });
    this.toolbar.focusFolder();
    announceFound();
  }

  /** Back or forward led to another place of the gallery. */
  #comeBack() {
    clearTimeout(this.#saving);
    this.#place = currentPlace();
    this.#returning = savedScreen() ?? { y: 0, anchor: null, focus: null };
    this.#show();
    this.#return();
  }

  /** Shows the screen to come back to as soon as the list has it, or the nearest to it once the list is complete. */
  #return() {
    const { anchor, y, focus } = this.#returning;
    const isThere = this.window.hold(anchor);
    if (!isThere && anchor && !this.list.isComplete) return;
    if (!isThere) window.scrollTo({ top: y, behavior: "instant" });
    if (focus) this.window.focus(focus);
    this.#returning = null;
  }

  #saveSoon() {
    clearTimeout(this.#saving);
    this.#saving = setTimeout(() => this.#save(), SAVE_PAUSE);
  }

  #save() {
    clearTimeout(this.#saving);
    // A screen that is not on display yet is not replaced by the one that is there in the meantime.
    const screen = this.#returning ?? {
      y: window.scrollY,
      anchor: this.window.anchor(),
      // Somebody who uses the keyboard finds the focus again. With a mouse it would only look odd.
      focus: document.activeElement?.matches(":focus-visible") ? this.window.focusedKey() : null,
    };
    saveVisit(this.#place, screen);
  }
}

function handleFailure(error) {
  showFailure(error);
  // Anything but an answer of the server is a fault of this page, and belongs into the browser's console.
  if (!(error instanceof RequestError)) reportError(error);
}

new Gallery().start();
