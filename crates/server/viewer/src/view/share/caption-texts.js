// What the caption of a picture says. Pure functions that work without a page.

import * as format from "../../shared/format.js";
import { pixelSizeAcross } from "../scale-bar.js";

/** No title is longer in a caption, in characters. */
const MAX_TITLE = 200;

/** A title on one line and not too long. */
function shortTitle(title) {
  const characters = [...title.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")];
  return characters.length > MAX_TITLE ? `${characters.slice(0, MAX_TITLE - 1).join("")}…` : characters.join("");
}

/** A date such as 2026-03-01, in the time zone of this computer. */
export function isoDate(date) {
  const [month, day] = [date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, "0"));
  return `${date.getFullYear()}-${month}-${day}`;
}

/** How large the slide is shown: as through a microscope if it is known how it was scanned, or else in percent. */
function shownText({ magnification }, zoom) {
  if (!magnification) return `shown at ${Number((zoom * 100).toPrecision(3))} %`;
  return `shown at ${format.magnification({ magnification: { ...magnification, power: magnification.power * zoom } })}`;
}

/** The title of a picture of `slide` and, if it is compared, of `second`, which is null otherwise. */
export function titleText(slide, second) {
  return second ? `${shortTitle(slide.title)} · compared with ${shortTitle(second)}` : shortTitle(slide.title);
}

/**
 * What is said below the title, each a phrase. `zoom` is screen pixels per slide pixel, `scale` pixels of the picture per
 * pixel of the screen, `degrees` the rotation; `adjusted` says that the colours are not those of the scan.
 */
export function factTexts(slide, { zoom, scale, degrees, adjusted, date }) {
  const scanned = format.magnification(slide);
  const mpp = pixelSizeAcross(slide.mpp, degrees);
  return [
    scanned && `scanned at ${scanned}`,
    format.pixelSize(slide),
    shownText(slide, zoom),
    mpp && `one pixel of this picture is ${format.length(mpp / (zoom * scale))}`,
    adjusted && "colours adjusted",
    isoDate(date),
  ].filter(Boolean);
}
