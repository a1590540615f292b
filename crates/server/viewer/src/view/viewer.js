// The viewer's page: opens the slide that the address names and connects the controls around it.

import { root } from "../shared/api.js";
import { element } from "../shared/dom.js";
import * as format from "../shared/format.js";
import { connectCompare } from "./compare/compare.js";
import { connectDetails } from "./details.js";
import { FullPage } from "./full-page.js";
import { connectInspect } from "./inspect/inspect.js";
import { connectInstruments } from "./instruments.js";
import { connectMeasure } from "./measure/measure.js";
import { Page } from "./page.js";
import { panBy } from "./place.js";
import { connectSee } from "./see/see.js";
import { connectShare } from "./share/share.js";
import { createViewer, describeReadable, openCurrent } from "./slide-view.js";
import { connectThumbnail } from "./thumbnail.js";
import { TileRetries } from "./tile-retries.js";
import { ChangeNotice } from "./version.js";
import { connectView } from "./view-link.js";
import { connectZoom } from "./zoom.js";

/** How far an arrow key moves the view, as a fraction of its width or height. */
const STEP = 0.15;
const ARROWS = { ArrowLeft: [-STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP], ArrowRight: [STEP, 0] };

function showFailure(title, text) {
  document.title = `${title} · Origami`;
  element("name").textContent = title;
  element("message-title").textContent = title;
  element("message-text").textContent = text;
  element("message").hidden = false;
  element("thumbnail")?.remove();
}

/** The slide's id: the last part of the address, or that part as it is if it is not percent-encoded. */
function slideId() {
  const part = location.pathname.split("/").pop();
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Fills in the bar, which names the slide. */
function present(slide) {
  document.title = `${slide.title} · Origami`;
  element("name").textContent = slide.title;
  element("facts").textContent = [
    format.pixels(slide),
    format.millimetres(slide),
    format.magnification(slide),
    format.pixelSize(slide),
  ]
    .filter(Boolean)
    .join(" · ");
}

/** Connects the keys that belong to no button of the rail. */
function connectKeys({ viewer, keys, panels }, fullPage) {
  for (const [key, [across, down]] of Object.entries(ARROWS)) keys.add(key, "pan", () => panBy(viewer, across, down));
  keys.add("g", "gallery", () => location.assign(root));
  keys.add("Escape", "close a panel, leave the full page", () => {
    if (panels.closeOne()) return true;
    if (!fullPage.isOn) return false;
    fullPage.set(false);
    return true;
  });
}

/** Connects all controls. The order is that of the rail and of the list of keys. */
function connect(page) {
  page.onSlide(present);
  connectKeys(page, new FullPage(page));
  connectZoom(page);
  connectView(page);
  connectInstruments(page);
  connectDetails(page);
  const notice = new ChangeNotice(page);
  connectThumbnail(page, new TileRetries(page, () => notice.offer()));
  connectSee(page);
  connectMeasure(page);
  connectCompare(page);
  connectShare(page);
  connectInspect(page);
}

/** Opens the slide `id`. If that fails, the page says why, and the result is null. */
async function open(id) {
  try {
    const slide = await describeReadable(id);
    const viewer = createViewer(element("slide"));
    // For tests and for debugging in the browser's console.
    window.viewer = viewer;
    await openCurrent(viewer, slide);
    return new Page(viewer, slide);
  } catch (error) {
    if (error.status === 404)
      showFailure("No such slide", `There is no slide “${id}” here. It may have been renamed or removed.`);
    else showFailure("This slide cannot be shown", format.sentence(error.message));
    return null;
  }
}

const page = await open(slideId());
if (page) {
  window.page = page;
  connect(page);
}
