// The gallery: a card for each slide, a filter, and pages that load while the user scrolls.

import { describeSlide, listSlides, thumbnailUrl, viewUrl } from "./api.js";
import { create, descriptionItems, element } from "./dom.js";
import * as format from "./format.js";

/** Slides of a page of the list. */
const PAGE_SIZE = 100;

const cards = element("cards");
const filter = element("filter");
const more = element("more");

/** Slides received so far, in the server's order, and how many there are in all, or null if not known yet. */
let slides = [];
let total = null;
/** The load in progress, if any, so that scrolling, typing and clicking share one. */
let loading = null;

function isFiltering() {
  return filter.value.trim() !== "";
}

/** The text of a slide that the filter searches. */
function searchText(slide) {
  const objective = slide.objective ? `${slide.objective}x ${slide.objective}×` : "";
  return `${slide.id} ${slide.error ? "broken" : `${slide.mode} ${objective}`}`.toLowerCase();
}

function matchesFilter(slide) {
  const text = searchText(slide);
  return filter.value.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

function thumbnail(slide) {
  const image = new Image();
  image.loading = "lazy";
  image.decoding = "async";
  image.alt = "";
  image.addEventListener("error", () => handleMissingThumbnail(slide, image));
  image.src = thumbnailUrl(slide);
  return image;
}

/** Renews the card if the slide has been replaced since it was listed. Otherwise there is no thumbnail to show. */
async function handleMissingThumbnail(slide, image) {
  const current = await describeSlide(slide.id).catch(() => slide);
  if (current.generation === slide.generation) {
    image.replaceWith(create("span", "No picture"));
    return;
  }
  slides = slides.map((listed) => (listed === slide ? current : listed));
  image.closest("[data-slide]")?.replaceWith(card(current));
}

function facts(slide) {
  return [
    ["Size", format.pixels(slide)],
    ["Area", format.millimetres(slide)],
    ["Objective", slide.objective && format.power(slide.objective)],
    ["Pixel size", format.pixelSize(slide)],
    ["Pack", format.bytes(slide.bytes)],
  ];
}

function card(slide) {
  const item = element("card").content.firstElementChild.cloneNode(true);
  item.dataset.slide = slide.id;
  if (slide.error) fillBrokenCard(item, slide);
  else fillCard(item, slide);
  return item;
}

function fillCard(item, slide) {
  const link = create("a", slide.id);
  link.href = viewUrl(slide);
  item.querySelector("h2").append(link, " ", create("span", slide.mode, "badge"));
  item.querySelector(".picture").append(thumbnail(slide));
  item.querySelector("dl").append(...descriptionItems(facts(slide)));
}

function fillBrokenCard(item, slide) {
  item.querySelector("h2").append(`${slide.id} `, create("span", "broken", "badge danger"));
  item.querySelector(".picture").append(create("span", "This pack cannot be read"));
  item.querySelector("dl").replaceWith(create("p", slide.error, "reason"));
}

/** Adds cards for the slides in `added` that match the filter, and updates everything that depends on the count. */
function show(added) {
  cards.append(...added.filter(matchesFilter).map(card));
  const visible = cards.childElementCount;
  const complete = slides.length >= total;
  const filtering = isFiltering();
  cards.setAttribute("aria-busy", String(!complete && filtering));
  more.hidden = complete;
  filter.hidden = total === 0;
  element("empty").hidden = total !== 0;
  element("no-match").hidden = !(filtering && complete && visible === 0 && total > 0);
  element("no-match-text").textContent = filter.value.trim();
  element("failure").hidden = true;
  element("count").textContent = countText(visible, filtering);
}

function countText(visible, filtering) {
  if (total === 0) return "";
  const all = `${format.count(total)} ${total === 1 ? "slide" : "slides"}`;
  return filtering ? `${format.count(visible)} of ${all}` : all;
}

async function loadPage() {
  const page = await listSlides(slides.length, PAGE_SIZE);
  const listed = new Set(slides.map((slide) => slide.id));
  // The catalog may change between two pages. Slides that are listed already are dropped, and a page without any other
  // slide ends the list, so that nothing is shown twice and loading comes to an end.
  const added = page.slides.filter((slide) => !listed.has(slide.id));
  slides.push(...added);
  total = added.length === 0 ? slides.length : page.total;
  show(added);
}

/** Loads the next page, or all remaining pages while a filter is set, because a match may be on any of them. */
async function loadPages() {
  do {
    await loadPage();
  } while (isFiltering() && slides.length < total);
}

function showFailure(error) {
  cards.setAttribute("aria-busy", "false");
  more.hidden = true;
  element("failure-text").textContent = error.message;
  element("failure").hidden = false;
}

function loadMore() {
  loading ??= loadPages()
    .catch(showFailure)
    .finally(() => {
      loading = null;
    });
  return loading;
}

function applyFilter() {
  if (total === null) return;
  cards.replaceChildren();
  show(slides);
  if (isFiltering() && slides.length < total) loadMore();
}

function reload() {
  slides = [];
  total = null;
  cards.replaceChildren();
  loadMore();
}

filter.addEventListener("input", applyFilter);
more.addEventListener("click", loadMore);
element("retry").addEventListener("click", loadMore);
element("empty-reload").addEventListener("click", reload);
element("clear").addEventListener("click", () => {
  filter.value = "";
  applyFilter();
  filter.focus();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== filter && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    filter.focus();
  }
});
new IntersectionObserver(
  (entries) => {
    if (entries.some((entry) => entry.isIntersecting)) loadMore();
  },
  { rootMargin: "600px" },
).observe(more);

loadMore();
