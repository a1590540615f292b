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
  #revision;
  #onChange;

  /** `onChange({ added, removed })` is called for each page of the first load, and for each later change. */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /** Loads what is missing, and after that everything if the server's list has changed. Fails as its requests do. */
  async refresh() {
    if (!this.isComplete) {
      await this.#load();
    } else if ((await listSlides(0, 0)).revision !== this.#revision) {
      await this.#reload();
    }
  }

  /** Shows an entry in the place of another one, which the server has replaced since it was listed. */
  replace(listed, current) {
    this.entries = this.entries.map((entry) => (entry === listed ? current : entry));
    this.#onChange({ added: 0, removed: 0 });
  }

  /** Goes on where the last attempt ended. */
  async #load() {
    for await (const { entries, total, revision } of readPages(this.entries, FIRST_PAGE)) {
      this.#set(entries, total, this.#revision ?? revision);
      this.#onChange({ added: 0, removed: 0 });
    }
  }

  /** The list on display stays complete until the new one is. */
  async #reload() {
    let last;
    let firstRevision;
    for await (const pages of readPages([], PAGE)) {
      firstRevision ??= pages.revision;
      last = pages;
    }
    const before = this.entries;
    this.#set(last.entries, last.total, firstRevision);
    this.#onChange({ added: countMissing(last.entries, before), removed: countMissing(before, last.entries) });
  }

  /**
   * `revision` is that of the first page: if the list changed while the others were loaded, it differs from the server's
   * at the next look.
   */
  #set(entries, total, revision) {
    this.entries = entries;
    this.total = total;
    this.isComplete = entries.length >= total;
    this.#revision = revision;
  }
}

/** Reads the pages that follow `entries` and yields what is known after each: `{ entries, total, revision }`. */
async function* readPages(entries, firstPage) {
  let all = entries;
  let total;
  do {
    const page = await listSlides(all.length, all.length === 0 ? firstPage : PAGE);
    // The catalog may change between two pages. Slides that are listed already are dropped, and a page without any
    // other slide ends the list, so that nothing is shown twice and loading comes to an end.
    const listed = new Set(all.map(({ id }) => id));
    const added = page.slides.filter(({ id }) => !listed.has(id));
    added.forEach(searchText);
    all = [...all, ...added];
    total = added.length === 0 ? all.length : page.total;
    yield { entries: all, total, revision: page.revision };
  } while (all.length < total);
}
