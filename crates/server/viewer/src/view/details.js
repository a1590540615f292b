// The details panel of the viewer: what a slide is, the size of each level, the measured quality, and the keys.

import { aboutUrl, associatedUrl } from "../shared/api.js";
import { create, descriptionItems, element } from "../shared/dom.js";
import * as format from "../shared/format.js";

/** What each mode of keeping tiles means for the picture. */
const MODES = {
  exact: "exact: the tiles of a plain pyramid, bit for bit",
  luma: "luma: close to the source, with colour from a coarser level",
  stored: "stored: every tile is kept as it is served",
};

function metadata(slide) {
  const { source, software, damaged_tiles: damaged, untidy_tiles: untidy } = slide.metadata;
  return [
    ["Id", slide.id],
    ["Source", slide.source],
    ["Format", source?.format ?? slide.format],
    ["Contents", slide.contents.join("; ")],
    ["Description", slide.description],
    ["Size", format.pixels(slide)],
    ["Area", format.millimetres(slide)],
    ["Pixel size", format.pixelSize(slide)],
    ["Magnification", format.magnification(slide)],
    ["Kept", MODES[slide.mode] ?? slide.mode],
    ["Source file", source?.bytes && format.bytes(source.bytes)],
    ["Pack", format.bytes(slide.bytes)],
    ["Tiles", `${slide.tile_size} px, ${slide.levels} levels`],
    ["Damaged", damaged && `${format.count(damaged)} tiles of the source could not be read`],
    ["Untidy", untidy && `${format.count(untidy)} tiles of the source are not quite as JPEG requires`],
    ["Background", slide.background],
    ["Made by", software],
  ];
}

/** A small picture of an image that belongs to the slide, which is a link to the image itself. */
function picture(slide, name) {
  const link = create("a", "");
  link.href = associatedUrl(slide, name);
  const image = document.createElement("img");
  image.src = link.href;
  image.alt = name;
  image.title = name;
  link.append(image);
  return link;
}

/** The sum of one field over all levels. Levels without the field count as 0. */
function total(levels, field) {
  return levels.reduce((sum, level) => sum + (level[field] ?? 0), 0);
}

function summary(levels) {
  const [packed, plain] = [total(levels, "bytes"), total(levels, "jpeg_bytes")];
  if (!packed) return "";
  if (!plain) return `${format.bytes(packed)} of tiles.`;
  const saved = format.saving(packed, plain);
  return `${format.bytes(packed)} of tiles; the same pyramid as plain JPEG: ${format.bytes(plain)} (${saved}).`;
}

function tableRow(tag, texts, classes) {
  const row = document.createElement("tr");
  row.append(...texts.map((text, column) => create(tag, text, classes[column])));
  return row;
}

/** Fills a table. Columns named in `textColumns` are aligned as text, all others as numbers. */
function fillTable(table, columns, rows, textColumns = []) {
  const classes = columns.map((column) => (textColumns.includes(column) ? "word" : ""));
  const head = document.createElement("thead");
  head.append(tableRow("th", columns, classes));
  for (const cell of head.querySelectorAll("th")) cell.scope = "col";
  const body = document.createElement("tbody");
  body.append(...rows.map((row) => tableRow("td", row, classes)));
  table.replaceChildren(head, body);
}

/** The JPEG quality of a level, or what that of the slide's own tables is like. */
function qualityText({ quality, quality_estimate: estimate }) {
  return quality ?? `own, ~${estimate}`;
}

function levelRow(level) {
  return [
    level.z,
    `${format.count(level.width)} × ${format.count(level.height)}`,
    level.mode,
    qualityText(level),
    level.bytes === null ? "–" : format.bytes(level.bytes),
    level.jpeg_bytes ? format.bytes(level.jpeg_bytes) : "–",
    level.jpeg_bytes ? format.saving(level.bytes, level.jpeg_bytes) : "–",
  ];
}

function qualityRow(level) {
  return [
    level.z,
    format.count(level.tiles),
    level.psnr_y_p1.toFixed(1),
    level.psnr_y_median.toFixed(1),
    level.delta_e_median.toFixed(2),
    level.delta_e_p99.toFixed(2),
  ];
}

/** A copy of per-level records, sorted from full resolution to the coarsest level. */
function finestFirst(levels) {
  return [...levels].sort((a, b) => b.z - a.z);
}

/** Fills the panel. Full resolution comes first because most of the bytes are there. */
function fillDetails(slide) {
  element("metadata").replaceChildren(...descriptionItems(metadata(slide)));
  element("about").href = aboutUrl(slide);
  element("pictures").replaceChildren(...slide.associated.map(({ name }) => picture(slide, name)));
  const levels = finestFirst(slide.level_table);
  element("levels-summary").textContent = summary(levels);
  const levelColumns = ["Level", "Size", "Mode", "Q", "Pack", "JPEG", "Saved"];
  fillTable(element("levels"), levelColumns, levels.map(levelRow), ["Mode"]);
  const quality = finestFirst(slide.metadata.quality ?? []);
  element("quality-part").hidden = quality.length === 0;
  const qualityColumns = ["Level", "Tiles", "PSNR p1", "Median", "ΔE median", "p99"];
  fillTable(element("quality"), qualityColumns, quality.map(qualityRow));
}

/** Makes the panel work, and keeps it in step with the slide on display. */
export function connectDetails(page) {
  const details = element("details");
  const toggle = element("details-toggle");
  const panel = page.panels.adopt({ element: details, button: toggle, body: details, side: "right" });
  toggle.hidden = false;
  toggle.addEventListener("click", () => panel.toggle());
  element("details-close").addEventListener("click", () => panel.close());
  page.keys.add("i", "details", () => panel.toggle());
  page.keys.add("?", "this list of keys", () => {
    panel.open();
    const heading = element("keys-title");
    heading.focus();
    heading.scrollIntoView();
  });
  page.onSlide(fillDetails);
}
