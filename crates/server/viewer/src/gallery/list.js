// The list of slides as the server has it.

import { listSlides } from "../shared/api.js";
import { searchText } from "./search.js";

/** Slides of the first page, which is shown as soon as it is there, and of each further one. */
const FIRST_PAGE = 100;
const PAGE = 1000;

/** How many entries of `entries` have an id that none of `others` has. */
function countMissing(entries, others) {
  const ids = new Set(others.map(({ id }) => id));
  return entries.filter(({ id }) => !ids.has(id)).length;
}

export class SlideList {
  /** In the server's order. */
  entries = [];
  /** How many there are in all, or null if not known yet. */
  total = null;
  isComplete = false;
  /** That of all pages, or null if they are of different ones, so that slides may be missing. */
  #revision;
  #onChange;

  /** `onChange({ added, removed })` is called for each page of the first load, and for each later change. */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /**
   * Loads what is missing, and after that everything if the server's list has changed, or if it changed while its pages
   * were loaded. Fails as its requests do.
   */
  async refresh() {
    if (this.#isPieced) await this.#reload();
    else if (!this.isComplete) await this.#load();
    else if ((await listSlides(0, 0)).revision !== this.#revision) await this.#reload();
  }

  /** Shows an entry in the place of another one, which the server has replaced since it was listed. */
  replace(listed, current) {
    this.entries = this.entries.map((entry) => (entry === listed ? current : entry));
    this.#onChange({ added: 0, removed: 0 });
  }

  /** Whether the pages are of different lists, as while a server that has just started looks into its packs. */
  get #isPieced() {
    return this.#revision === null;
  }

  /** Goes on where the last attempt ended. */
  async #load() {
    for await (const pages of readPages({ entries: this.entries, revision: this.#revision }, FIRST_PAGE)) {
      this.#set(pages);
      this.#onChange({ added: 0, removed: 0 });
    }
  }

  /** The list on display stays complete until the new one is. */
  async #reload() {
    let last;
    for await (const pages of readPages({ entries: [] }, PAGE)) last = pages;
    const before = this.entries;
    const wasPieced = this.#isPieced;
    this.#set(last);
    // What only one of two lists lacks by accident is neither new nor removed.
    const isKnown = !wasPieced && !this.#isPieced;
    this.#onChange({
      added: isKnown ? countMissing(last.entries, before) : 0,
      removed: isKnown ? countMissing(before, last.entries) : 0,
    });
  }

  #set({ entries, total, revision }) {
    this.entries = entries;
    this.total = total;
    this.isComplete = entries.length >= total;
    this.#revision = revision;
  }
}

/**
 * Reads the pages that follow those of `known`, `{ entries, revision }`, and yields what is known after each:
 * `{ entries, total, revision }`, the last of them null if the pages are of different revisions.
 */
async function* readPages(known, firstPage) {
  let { entries, revision } = known;
  let total;
  let isEnd;
  do {
    const page = await listSlides(entries.length, entries.length === 0 ? firstPage : PAGE);
    revision = revision === undefined || revision === page.revision ? page.revision : null;
    // The catalog may change between two pages. Slides that are listed already are dropped, and a page without any
    // other slide ends the list, so that nothing is shown twice and loading comes to an end.
    const listed = new Set(entries.map(({ id }) => id));
    const added = page.slides.filter(({ id }) => !listed.has(id));
    added.forEach(searchText);
    entries = [...entries, ...added];
    isEnd = added.length === 0;
    // Slides that vanish while their page is made are not in it. Those that other pages lack are still to come.
    total = isEnd && revision !== null ? entries.length : page.total;
    yield { entries, total, revision };
  } while (!isEnd && entries.length < total);
}
