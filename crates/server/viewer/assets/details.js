import * as format from "./format.js";

const element = (id) => document.getElementById(id);

function make(tag, text, className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function metadata(slide) {
  return [
    ["Source", slide.source],
    ["Size", format.pixels(slide)],
    ["Area", format.millimetres(slide)],
    ["Pixel size", format.pixelSize(slide)],
    ["Objective", slide.objective && format.power(slide.objective)],
    ["Mode", slide.mode],
    ["Pack", format.bytes(slide.bytes)],
    ["Tiles", `${slide.tile_size} px, ${slide.levels} levels`],
    ["Background", slide.background],
    ["Generation", slide.generation],
  ].filter(([, value]) => value);
}

function summary(levels) {
  const sum = (field) => levels.reduce((total, level) => total + (level[field] ?? 0), 0);
  const [packed, plain] = [sum("bytes"), sum("jpeg_bytes")];
  if (!plain) return `${format.bytes(packed)} of tiles.`;
  return `${format.bytes(packed)} of tiles; the same pyramid as plain JPEG: ${format.bytes(plain)} (${format.saving(packed, plain)}).`;
}

function row(level) {
  const line = document.createElement("tr");
  line.append(
    make("td", level.z),
    make("td", `${format.count(level.width)} × ${format.count(level.height)}`),
    make("td", level.mode, "word"),
    make("td", level.quality ?? "–"),
    make("td", format.bytes(level.bytes)),
    make("td", level.jpeg_bytes ? format.bytes(level.jpeg_bytes) : "–"),
    make("td", level.jpeg_bytes ? format.saving(level.bytes, level.jpeg_bytes) : "–"),
  );
  return line;
}

function heading(names) {
  const head = document.createElement("thead");
  const line = document.createElement("tr");
  for (const name of names) {
    const cell = make("th", name, name === "Mode" ? "word" : "");
    cell.scope = "col";
    line.append(cell);
  }
  head.append(line);
  return head;
}

/** Fills the panel; full resolution comes first because that is where the bytes are. */
export function fillDetails(slide) {
  element("metadata").replaceChildren(
    ...metadata(slide).flatMap(([name, value]) => [make("dt", name), make("dd", value)]),
  );
  const levels = [...(slide.level_table ?? [])].sort((a, b) => b.z - a.z);
  element("levels-summary").textContent = summary(levels);
  const body = document.createElement("tbody");
  body.append(...levels.map(row));
  element("levels").replaceChildren(heading(["Level", "Size", "Mode", "Q", "Pack", "JPEG", "Saved"]), body);
}
