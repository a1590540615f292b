// The sections “Levels” and “Quality”.

import { create, element } from "../shared/dom.js";
import * as format from "../shared/format.js";
import { bar, fillTable, wordElements } from "./parts.js";
import { identityText } from "./words.js";

/** The PSNR in dB that stands for tiles that do not differ. */
const IDENTICAL = 99;
const NONE = "–";

const LEVEL_WORDS = [
  ["Level", "Its number in addresses. The highest is full resolution."],
  ["Scale", "1 : 4 means that 4 × 4 pixels of the slide became one."],
  ["Tiles", "Their number. Those of one colour, and those that are just as predicted, take no room."],
  ["Kept as", "“exact” and “luma” tiles are predicted from a coarser level, “stored” ones are complete JPEGs."],
  ["Quality", "JPEG quality, 1 to 100; “own” are the slide's own JPEG tables, which are like those of that quality."],
  ["In the pack", "Bytes of all tiles of the level. The bar compares levels."],
  ["As JPEGs", "Bytes that the same tiles would take as plain JPEG files, and what is saved against them."],
];

const QUALITY_WORDS = [
  ["Brightness", "PSNR in dB: how small the differences in brightness are. Above 40 dB the eye sees none."],
  ["Colour", "CIEDE2000: how large the differences in colour are. Below 1 the eye sees none."],
  ["Worst 1 %", "One in a hundred of the tiles is worse than this."],
  ["Sent", "Bytes that viewers get for each byte of the same tiles as plain JPEG files."],
];

/** Levels from full resolution to the coarsest: most of the bytes are in the first ones. */
function finestFirst(levels) {
  return [...levels].sort((a, b) => b.z - a.z);
}

/** A number with a fixed number of decimals, or a dash where there is none. */
function decimals(value, digits) {
  return Number.isFinite(value) ? value.toFixed(digits) : NONE;
}

function tilesText(level, report) {
  const tiles = format.count(level.columns * level.rows);
  const parts = [
    report?.blank ? `${format.count(report.blank)} of one colour` : null,
    report?.empty ? `${format.count(report.empty)} as predicted` : null,
  ].filter(Boolean);
  return parts.length ? `${tiles} (${parts.join(", ")})` : tiles;
}

function qualityText({ quality, quality_estimate: estimate }) {
  return String(quality ?? `own, about ${estimate}`);
}

/** The bytes of a level, beside a bar. */
function bytesCell(bytes, most) {
  if (bytes === null) return NONE;
  const cell = create("span", "", "bytes");
  cell.append(format.bytes(bytes), bar(most ? bytes / most : 0));
  return cell;
}

function levelRow(level, { finest, most, report }) {
  const { z, width, height, mode, bytes, jpeg_bytes: plain } = level;
  return [
    String(z),
    `1 : ${format.count(2 ** (finest - z))}`,
    `${format.count(width)} × ${format.count(height)}`,
    tilesText(level, report),
    mode,
    qualityText(level),
    bytesCell(bytes, most),
    plain ? `${format.bytes(plain)} (${format.saving(bytes ?? 0, plain)})` : NONE,
  ];
}

export function fillLevels(slide) {
  const levels = finestFirst(slide.level_table);
  const reports = new Map((slide.metadata?.levels ?? []).map((report) => [report.z, report]));
  const most = Math.max(0, ...levels.map(({ bytes }) => bytes ?? 0));
  const finest = levels[0]?.z ?? 0;
  const headings = ["Level", "Scale", "Pixels", "Tiles", "Kept as", "Quality", "In the pack", "As JPEGs"];
  const rows = levels.map((level) => levelRow(level, { finest, most, report: reports.get(level.z) }));
  fillTable(element("levels"), headings, rows);
  element("levels-words").replaceChildren(...wordElements(LEVEL_WORDS));
  element("identity").textContent = identityText(slide) ?? "";
}

function decibels(value) {
  return value >= IDENTICAL ? "identical" : decimals(value, 1);
}

function qualityRow(report) {
  return [
    String(report.z),
    format.count(report.tiles),
    decibels(report.psnr_y_median),
    decibels(report.psnr_y_p1),
    decimals(report.delta_e_median, 2),
    decimals(report.delta_e_p99, 2),
    decimals(report.wire_ratio, 2),
  ];
}

export function fillQuality(slide) {
  const reports = finestFirst(slide.metadata?.quality ?? []);
  element("quality-part").hidden = reports.length === 0;
  const headings = [
    "Level",
    "Tiles compared",
    "Brightness, median",
    "Brightness, worst 1 %",
    "Colour, median",
    "Colour, worst 1 %",
    "Sent",
  ];
  fillTable(element("quality"), headings, reports.map(qualityRow));
  element("quality-words").replaceChildren(...wordElements(QUALITY_WORDS));
}
