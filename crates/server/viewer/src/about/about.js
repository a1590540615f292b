// The page of all that is known of a slide.

import { thumbnailUrl } from "../shared/api.js";
import { element } from "../shared/dom.js";
import * as format from "../shared/format.js";
import { describeReadable } from "../view/slide-view.js";
import { fillAddresses, fillPictures } from "./addresses.js";
import { fillHealth, fillKept } from "./kept.js";
import { fillLevels, fillQuality } from "./levels.js";
import { fillWhat } from "./what.js";

/** The title and the picture. The slide may have been replaced since the page was sent. */
function fillLead(slide) {
  document.title = `About ${slide.title} · Origami`;
  element("title").textContent = slide.title;
  const facts = [format.pixels(slide), format.millimetres(slide), format.magnification(slide), format.pixelSize(slide)];
  element("summary").textContent = facts.filter(Boolean).join(" · ");
  const thumbnail = element("thumbnail");
  if (thumbnail.src !== thumbnailUrl(slide)) thumbnail.src = thumbnailUrl(slide);
}

async function fill(page) {
  const slide = await describeReadable(decodeURIComponent(page.dataset.slide));
  for (const fillPart of [
    fillLead,
    fillWhat,
    fillHealth,
    fillKept,
    fillLevels,
    fillQuality,
    fillPictures,
    fillAddresses,
  ]) {
    fillPart(slide);
  }
  element("sections").hidden = false;
  element("print").hidden = false;
  element("print").addEventListener("click", () => print());
}

const page = element("about");
try {
  await fill(page);
} catch (error) {
  element("message-text").textContent = format.sentence(error.message);
  element("message").hidden = false;
}
page.removeAttribute("aria-busy");
