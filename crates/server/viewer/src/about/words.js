// What is known of a slide in words that explain themselves. Pure functions that work without a page. The slide is the
// server's description of it; whatever a pack does not say may be missing.

import * as format from "../shared/format.js";

/** How each mode keeps tiles. */
const MODES = new Map([
  [
    "exact",
    "Exact: every tile is exactly the JPEG that a plain pyramid of tiles would have. The finest levels take less " +
      "room because each tile is predicted from the coarser one above it, and only what that misses is kept.",
  ],
  [
    "luma",
    "Luma: at the finest levels brightness is kept as the difference from what a coarser level predicts, and colour " +
      "comes from a coarser level. Tiles are close to the slide, but not the same.",
  ],
  ["stored", "Stored: every tile is kept as the JPEG that viewers get."],
]);

const SUBSAMPLINGS = new Map([
  ["444", "4:4:4: colour is as sharp as brightness."],
  ["422", "4:2:2: colour has half of the resolution across. The eye sees it less sharply than brightness."],
  ["420", "4:2:0: colour has half of the resolution across and down. The eye sees it less sharply than brightness."],
  ["gray", "Gray: there is no colour."],
]);

/** The settings that a slide was packed with. */
function settingsOf(slide) {
  return slide.metadata?.settings ?? {};
}

function isLuma(slide) {
  return (settingsOf(slide).mode || slide.mode) === "luma";
}

/** A number with its noun in the right form. */
export function counted(number, one, many) {
  return `${format.count(number)} ${number === 1 ? one : many}`;
}

export function modeText(slide) {
  return MODES.get(slide.mode) ?? slide.mode;
}

export function subsamplingText(name) {
  return SUBSAMPLINGS.get(name) ?? name;
}

/** What a pixel size means. */
export function pixelSizeNote({ mpp }) {
  if (!mpp) {
    return "The slide's file does not say how large a pixel is on the glass. Lengths can only be given in pixels.";
  }
  const [across, down] = mpp;
  const perMillimetre = format.count(1000 / across);
  const shape = across === down ? "" : " Pixels are not square: the numbers are their width and their height.";
  return `How much of the glass one pixel shows. ${perMillimetre} pixels side by side are a millimetre.${shape}`;
}

/** The magnification and where it is from, or null if it is not known. */
export function magnificationText(slide) {
  const text = format.magnification(slide);
  if (!text) return null;
  if (!slide.magnification.derived) return `${text}, as the slide's file says`;
  if (!slide.mpp) return text;
  const mean = (slide.mpp[0] + slide.mpp[1]) / 2;
  return `${text}, computed from the pixel size of ${Number(mean.toPrecision(4))} µm`;
}

/** What quality the tiles of full resolution have. */
export function qualityText(slide) {
  const { quality, quality_estimate: estimate, kept_source: own } = settingsOf(slide);
  if (quality) return String(quality);
  if (estimate) return own ? `the slide's own, about ${estimate}` : `about ${estimate}`;
  return null;
}

/** What is said of levels that have another quality than full resolution, or null. */
export function coarseQualityText(slide) {
  const { coarse_quality: coarse } = settingsOf(slide);
  return coarse ? `at least ${coarse}` : null;
}

/** Whether the tiles are those of the slide's file, and if not, why. */
export function ownTilesText(slide) {
  const { kept_source: own, encoded_again: reason } = settingsOf(slide);
  if (own) return "Yes: at full resolution viewers get the very tiles of the slide's file.";
  if (reason) return `No, they could not be kept: ${reason}.`;
  if (isLuma(slide)) return "No: mode luma makes tiles of its own.";
  return "No: the slide was packed with settings that ask for new tiles.";
}

/** What was lost on the way from the slide's file to the tiles: `{ text, isWell }`. */
export function verdict(slide) {
  const { kept_source: own } = settingsOf(slide);
  const damaged = slide.metadata?.damaged_tiles ?? 0;
  const isWell = damaged === 0;
  if (isLuma(slide)) {
    return { isWell, text: "Something was lost: the slide was packed in mode luma, which keeps less colour." };
  }
  if (own) {
    return { isWell, text: isWell ? "Nothing was lost." : "Except for what was damaged before, nothing was lost." };
  }
  const quality = qualityText(slide);
  const at = quality ? ` at quality ${quality}` : "";
  return { isWell, text: `The pixels were encoded as JPEG${at}, which loses a little. Nothing else was lost.` };
}

function damageText(tiles) {
  if (tiles === 0) return "Every tile of the slide's file could be read.";
  const count = counted(tiles, "tile", "tiles");
  const are = tiles === 1 ? "is" : "are";
  return `${count} of the slide's file could not be read and ${are} shown in the background's colour.`;
}

function untidyText(tiles) {
  if (tiles === 0) return null;
  const are = tiles === 1 ? "is" : "are";
  return (
    `${counted(tiles, "tile", "tiles")} of the slide's file ${are} complete, but not written quite as JPEG requires. ` +
    "Nothing is missing from the picture."
  );
}

/** What else is to be said of the state of the slide, a sentence each. */
export function healthRemarks({ metadata = {} }) {
  const { damaged_tiles: damaged = 0, untidy_tiles: untidy = 0, contents } = metadata;
  const notes = (contents?.notes ?? []).map((note) => `Note: ${note}.`);
  return [damageText(damaged), untidyText(untidy), ...notes].filter(Boolean);
}

/** What the file holds and which part of it is shown, without the notes, which are among the remarks on its health. */
export function contentsOf({ contents = [], metadata }) {
  const notes = new Set(metadata?.contents?.notes ?? []);
  return contents.filter((phrase) => !notes.has(phrase));
}

/** The sum of one field over all levels. Levels without the field count as 0. */
export function total(levels, field) {
  return levels.reduce((sum, level) => sum + (level[field] ?? 0), 0);
}

/** How many tiles are the source's own bytes, and how many only its pictures; or null where nothing was counted. */
export function identityText({ metadata }) {
  const levels = metadata?.levels ?? [];
  const [tiles, coefficients, verbatim] = ["tiles", "coefficients", "verbatim"].map((field) => total(levels, field));
  if (coefficients + verbatim === 0) return null;
  const same = counted(tiles - coefficients - verbatim, "tile comes", "tiles come");
  return (
    `${same} back byte for byte, ${format.count(coefficients)} with the same picture in other bytes; ` +
    `${counted(verbatim, "does", "do")} not fit the method and ${verbatim === 1 ? "is" : "are"} kept as JPEG.`
  );
}
