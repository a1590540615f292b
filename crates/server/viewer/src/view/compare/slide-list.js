// The list of the server's slides, from which the second one is chosen.

import { listSlides, thumbnailUrl } from "../../shared/api.js";
import { button, create } from "../../shared/dom.js";
import * as format from "../../shared/format.js";

/** Slides of a page of the server's list. */
const PAGE_SIZE = 100;
/** How many more slides are shown at a time. */
const BATCH = 40;

/** The text of a slide that the filter searches. */
function searchText(slide) {
  return `${slide.title} ${slide.folder} ${slide.id}`.toLowerCase();
}

/** What tells a slide from others of the same title. */
function facts(slide) {
  const isTold = slide.title === slide.id || slide.title.startsWith(`${slide.id}.`);
  const id = isTold ? null : slide.id;
  return [id, slide.folder, slide.mode, format.magnification(slide), format.pixels(slide)].filter(Boolean).join(" · ");
}

export class SlideList {
  element = create("div", "", "compare-list");
  #filter = document.createElement("input");
  #choices = create("ul", "", "compare-choices");
  #status = create("p", "", "hint");
  #more = button({ text: "More slides" });
  /** Slides received so far, how many there are in all, or null if not known yet, and the offset of the next page. */
  #slides = [];
  #total = null;
  #offset = 0;
  /** How many of the slides that match may be shown. */
  #limit = BATCH;
  #loading = null;
  #isOffered;
  #onChoose;

  /** `isOffered(slide)` says which slides may be chosen, and `onChoose(slide)` is called with the one that is. */
  constructor({ isOffered, onChoose }) {
    this.#isOffered = isOffered;
    this.#onChoose = onChoose;
    const label = create("label", "Choose a slide", "compare-filter");
    this.#filter.type = "search";
    this.#filter.placeholder = "Filter by name";
    this.#filter.autocomplete = "off";
    this.#filter.addEventListener("input", () => {
      this.#limit = BATCH;
      this.fill();
    });
    label.append(this.#filter);
    this.#choices.setAttribute("aria-label", "Slides");
    this.#more.addEventListener("click", () => {
      this.#limit += BATCH;
      this.fill();
    });
    this.#status.setAttribute("role", "status");
    this.element.append(label, this.#status, this.#choices, this.#more);
    this.element.addEventListener("keydown", (event) => this.#press(event));
  }

  focus() {
    this.#filter.focus({ preventScroll: true });
  }

  /** The slides received so far that may be chosen and match the filter. */
  #matches() {
    const words = this.#filter.value.toLowerCase().split(/\s+/);
    return this.#slides.filter((slide) => {
      const text = searchText(slide);
      return !slide.error && this.#isOffered(slide) && words.every((word) => text.includes(word));
    });
  }

  get #isComplete() {
    return this.#total !== null && this.#offset >= this.#total;
  }

  /** Draws the choices, and loads pages until there are as many as may be shown. */
  fill() {
    const matches = this.#matches();
    this.#draw(matches);
    if (matches.length >= this.#limit || this.#isComplete) return;
    this.#loading ??= this.#loadPage().then(
      () => {
        this.#loading = null;
        this.fill();
      },
      (error) => {
        this.#loading = null;
        this.#status.textContent = error.message;
        this.#more.hidden = false;
      },
    );
  }

  async #loadPage() {
    const page = await listSlides(this.#offset, PAGE_SIZE);
    const listed = new Set(this.#slides.map((slide) => slide.id));
    this.#slides.push(...page.slides.filter((slide) => !listed.has(slide.id)));
    this.#offset += PAGE_SIZE;
    // A list that has become shorter in the meantime ends here.
    this.#total = page.slides.length === 0 ? 0 : page.total;
  }

  #draw(matches) {
    const shown = matches.slice(0, this.#limit);
    const kept = new Map([...this.#choices.children].map((item) => [item.dataset.slide, item]));
    const items = shown.map((slide) => kept.get(slide.id) ?? this.#choice(slide));
    const hadFocus = this.#choices.contains(document.activeElement);
    // Choices that stay keep the focus, so nothing is moved that is in its place.
    for (const item of [...this.#choices.children]) if (!items.includes(item)) item.remove();
    for (const [index, item] of items.entries()) {
      const present = this.#choices.children[index] ?? null;
      if (present !== item) this.#choices.insertBefore(item, present);
    }
    if (hadFocus && !this.#choices.contains(document.activeElement)) this.focus();
    this.#more.hidden = this.#isComplete && matches.length <= this.#limit;
    this.#status.textContent = this.#statusText(matches.length);
  }

  #statusText(matches) {
    if (!this.#isComplete) return matches === 0 ? "Loading the list…" : "";
    if (matches > 0) return "";
    return this.#filter.value.trim() ? "No slide matches." : "There is no other slide here.";
  }

  #choice(slide) {
    const item = create("li", "");
    item.dataset.slide = slide.id;
    const chosen = button({ classes: "compare-choice", onClick: () => this.#onChoose(slide) });
    const picture = create("span", "", "compare-thumbnail");
    const image = new Image();
    image.loading = "lazy";
    image.decoding = "async";
    image.alt = "";
    image.addEventListener("error", () => image.remove());
    image.src = thumbnailUrl(slide);
    picture.append(image);
    const text = create("span", "", "compare-choice-text");
    text.append(create("strong", slide.title), create("small", facts(slide)));
    chosen.append(picture, text);
    item.append(chosen);
    return item;
  }

  /** The up and down arrows go from the filter to the choices and from one to the next. */
  #press(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const stops = [this.#filter, ...this.#choices.querySelectorAll("button")];
    const next = stops[stops.indexOf(document.activeElement) + step];
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    next.focus();
  }
}
