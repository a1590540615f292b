import { describeSlide, listSlides, thumbnailUrl, viewUrl } from "./api.js";
import * as format from "./format.js";

const PAGE = 100;

const element = (id) => document.getElementById(id);
const cards = element("cards");
const filter = element("filter");
const more = element("more");

/** Slides received so far, in the server's order, and how many there are in all. */
let slides = [];
let total = null;
/** The page being loaded, so that scrolling, typing and clicking share one request. */
let loading = null;

function words(slide) {
  const objective = slide.objective ? `${slide.objective}x ${slide.objective}×` : "";
  return `${slide.id} ${slide.error ? "broken" : `${slide.mode} ${objective}`}`.toLowerCase();
}

function matches(slide) {
  const known = words(slide);
  return filter.value.toLowerCase().split(/\s+/).every((word) => known.includes(word));
}

function note(text) {
  const span = document.createElement("span");
  span.textContent = text;
  return span;
}

function thumbnail(slide) {
  const image = new Image();
  image.loading = "lazy";
  image.decoding = "async";
  image.alt = "";
  image.addEventListener("error", () => renew(slide, image));
  image.src = thumbnailUrl(slide);
  return image;
}

/** Where a picture is missing because the slide has been replaced since it was listed, its card is made anew. */
async function renew(slide, image) {
  const now = await describeSlide(slide.id).catch(() => slide);
  if (now.generation === slide.generation) {
    image.replaceWith(note("No picture"));
    return;
  }
  slides = slides.map((known) => (known === slide ? now : known));
  image.closest("[data-slide]")?.replaceWith(card(now));
}

function facts(slide) {
  return [
    ["Size", format.pixels(slide)],
    ["Area", format.millimetres(slide)],
    ["Objective", slide.objective && format.power(slide.objective)],
    ["Pixel size", format.pixelSize(slide)],
    ["Pack", format.bytes(slide.bytes)],
  ].filter(([, value]) => value);
}

function badge(text, kind) {
  const span = document.createElement("span");
  span.className = `badge ${kind}`;
  span.textContent = text;
  return span;
}

function card(slide) {
  const item = element("card").content.firstElementChild.cloneNode(true);
  item.dataset.slide = slide.id;
  const title = item.querySelector("h2");
  const list = item.querySelector("dl");
  const picture = item.querySelector(".picture");
  if (slide.error) {
    const reason = document.createElement("p");
    reason.className = "reason";
    reason.textContent = slide.error;
    title.append(`${slide.id} `, badge("broken", "danger"));
    picture.append(note("This pack cannot be read"));
    list.replaceWith(reason);
    return item;
  }
  const link = document.createElement("a");
  link.href = viewUrl(slide);
  link.textContent = slide.id;
  title.append(link, " ", badge(slide.mode, ""));
  picture.append(thumbnail(slide));
  for (const [name, value] of facts(slide)) {
    const term = document.createElement("dt");
    const description = document.createElement("dd");
    term.textContent = name;
    description.textContent = value;
    list.append(term, description);
  }
  return item;
}

/** Shows what the page knows now; `fresh` are the slides that were not on it before. */
function show(fresh) {
  cards.append(...fresh.filter(matches).map(card));
  const shown = cards.childElementCount;
  const complete = slides.length >= total;
  const searching = filter.value.trim() !== "";
  cards.setAttribute("aria-busy", String(!complete && searching));
  more.hidden = complete;
  filter.hidden = total === 0;
  element("empty").hidden = total !== 0;
  element("no-match").hidden = !(searching && complete && shown === 0 && total > 0);
  element("no-match-text").textContent = filter.value.trim();
  element("failure").hidden = true;
  const all = `${format.count(total)} ${total === 1 ? "slide" : "slides"}`;
  element("count").textContent = total === 0 ? "" : searching ? `${format.count(shown)} of ${all}` : all;
}

async function loadPage() {
  const page = await listSlides(slides.length, PAGE);
  const known = new Set(slides.map((slide) => slide.id));
  // The catalog may change between pages: never show a slide twice, never ask for ever.
  const fresh = page.slides.filter((slide) => !known.has(slide.id));
  slides.push(...fresh);
  total = fresh.length === 0 ? slides.length : page.total;
  show(fresh);
}

function fail(error) {
  cards.setAttribute("aria-busy", "false");
  more.hidden = true;
  element("failure-text").textContent = error.message;
  element("failure").hidden = false;
}

/** Loads the next page; while a filter is set, all of them, because a match may be on any. */
function loadMore() {
  loading ??= (async () => {
    do {
      await loadPage();
    } while (filter.value.trim() !== "" && slides.length < total);
  })()
    .catch(fail)
    .finally(() => {
      loading = null;
    });
  return loading;
}

function refilter() {
  if (total === null) return;
  cards.replaceChildren();
  show(slides);
  if (filter.value.trim() !== "" && slides.length < total) loadMore();
}

function reload() {
  slides = [];
  total = null;
  cards.replaceChildren();
  loadMore();
}

filter.addEventListener("input", refilter);
more.addEventListener("click", loadMore);
element("retry").addEventListener("click", loadMore);
element("empty-reload").addEventListener("click", reload);
element("clear").addEventListener("click", () => {
  filter.value = "";
  refilter();
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
