import * as format from "./format.js";

const element = (id) => document.getElementById(id);

function make(tag, text, className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function metadata(slide) {
  const { source, software, damaged_tiles: damaged } = slide.metadata;
  return [
    ["Source", slide.source],
    ["Format", source?.format],
    ["Size", format.pixels(slide)],
    ["Area", format.millimetres(slide)],
    ["Pixel size", format.pixelSize(slide)],
    ["Objective", slide.objective && format.power(slide.objective)],
    ["Mode", slide.mode],
    ["Source file", source?.bytes && format.bytes(source.bytes)],
    ["Pack", format.bytes(slide.bytes)],
    ["Tiles", `${slide.tile_size} px, ${slide.levels} levels`],
    ["Damaged", damaged && `${format.count(damaged)} tiles of the source did not decode`],
    ["Background", slide.background],
    ["Made by", software],
    ["Generation", slide.generation],
    ["SHA-256", source?.sha256],
  ].filter(([, value]) => value);
}

function summary(levels) {
  const sum = (field) => levels.reduce((total, level) => total + (level[field] ?? 0), 0);
  const [packed, plain] = [sum("bytes"), sum("jpeg_bytes")];
  if (!packed) return "";
  if (!plain) return `${format.bytes(packed)} of tiles.`;
  const saved = format.saving(packed, plain);
  return `${format.bytes(packed)} of tiles; the same pyramid as plain JPEG: ${format.bytes(plain)} (${saved}).`;
}

/** A table of texts; columns named in `words` are words, the others numbers. */
function fillTable(table, names, rows, words = []) {
  const line = (texts, tag) => {
    const row = document.createElement("tr");
    row.append(...texts.map((text, column) => make(tag, text, words.includes(names[column]) ? "word" : "")));
    return row;
  };
  const head = document.createElement("thead");
  head.append(line(names, "th"));
  for (const cell of head.querySelectorAll("th")) cell.scope = "col";
  const body = document.createElement("tbody");
  body.append(...rows.map((row) => line(row, "td")));
  table.replaceChildren(head, body);
}

function levelRow(level) {
  return [
    level.z,
    `${format.count(level.width)} × ${format.count(level.height)}`,
    level.mode,
    level.quality,
    level.bytes === null ? "–" : format.bytes(level.bytes),
    level.jpeg_bytes ? format.bytes(level.jpeg_bytes) : "–",
    level.jpeg_bytes ? format.saving(level.bytes, level.jpeg_bytes) : "–",
  ];
}

function qualityRow(level) {
  const decibels = (value) => value.toFixed(1);
  return [
    level.z,
    format.count(level.tiles),
    decibels(level.psnr_y_p1),
    decibels(level.psnr_y_median),
    level.delta_e_median.toFixed(2),
    level.delta_e_p99.toFixed(2),
  ];
}

const fineFirst = (a, b) => b.z - a.z;

/** Fills the panel; full resolution comes first because that is where the bytes are. */
export function fillDetails(slide) {
  element("metadata").replaceChildren(
    ...metadata(slide).flatMap(([name, value]) => [make("dt", name), make("dd", value)]),
  );
  const levels = [...slide.level_table].sort(fineFirst);
  element("levels-summary").textContent = summary(levels);
  const names = ["Level", "Size", "Mode", "Q", "Pack", "JPEG", "Saved"];
  fillTable(element("levels"), names, levels.map(levelRow), ["Mode"]);
  const quality = [...(slide.metadata.quality ?? [])].sort(fineFirst);
  element("quality-part").hidden = quality.length === 0;
  const measures = ["Level", "Tiles", "PSNR p1", "Median", "ΔE median", "p99"];
  fillTable(element("quality"), measures, quality.map(qualityRow));
}
