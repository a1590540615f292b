// The sections “How it is kept” and “Is all well?”.

import { create, element } from "../shared/dom.js";
import * as format from "../shared/format.js";
import { bar, factElements } from "./parts.js";
import {
  coarseQualityText,
  healthRemarks,
  modeText,
  ownTilesText,
  qualityText,
  subsamplingText,
  total,
  verdict,
} from "./words.js";

const times = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "short" });

function tilesText({ tile_size: side, levels }) {
  return `${format.count(side)} × ${format.count(side)} px, in ${format.count(levels)} levels`;
}

function facts(slide) {
  const { settings = {}, software, icc } = slide.metadata ?? {};
  return [
    { term: "Mode", value: modeText(slide) },
    { term: "The slide's own tiles", value: ownTilesText(slide) },
    {
      term: "JPEG quality",
      value: qualityText(slide),
      note: "From 1 to 100: how finely brightness and colour are kept. At 80 most people see no difference.",
    },
    { term: "Quality of coarser levels", value: coarseQualityText(slide) },
    {
      term: "Quality of differences",
      value: settings.residual_quality ? String(settings.residual_quality) : null,
      note: "How finely the differences of mode luma are kept, from 1 to 100.",
    },
    { term: "Colour resolution", value: settings.subsampling && subsamplingText(settings.subsampling) },
    { term: "Colour profile", value: icc, note: "What was done with a colour profile that the slide's file may have." },
    { term: "Tiles", value: tilesText(slide) },
    { term: "Pack", value: format.bytes(slide.bytes), note: "The length of the file on the server." },
    { term: "Written", value: slide.modified && times.format(slide.modified) },
    { term: "Made by", value: software, note: "The program and its release." },
    {
      term: "Generation",
      value: slide.generation && create("code", slide.generation),
      note: "Changes whenever the content of the pack does. It is part of addresses, so that browsers can keep tiles.",
    },
    {
      term: "Options",
      value: settings.options && create("code", settings.options),
      note: "A checksum of the options that it was packed with; packing again with the same ones is left out.",
    },
  ];
}

/** What the pack is compared with, as `{ label, bytes }`. */
function sizes(slide) {
  const plain = total(slide.level_table, "jpeg_bytes");
  const source = slide.metadata?.source?.bytes ?? 0;
  const saved = plain ? ` (${format.saving(slide.bytes, plain)})` : "";
  return [
    { label: "This pack", bytes: slide.bytes, text: format.bytes(slide.bytes) + saved },
    { label: "The same tiles as plain JPEG files", bytes: plain, text: format.bytes(plain) },
    { label: "The slide's file", bytes: source, text: format.bytes(source) },
  ].filter(({ bytes }) => bytes > 0);
}

function barRow({ label, bytes, text }, longest) {
  const row = create("li", "");
  row.append(create("span", label), create("span", text, "bar-value"), bar(bytes / longest));
  return row;
}

export function fillKept(slide) {
  element("kept").replaceChildren(...factElements(facts(slide)));
  const compared = sizes(slide);
  const longest = Math.max(...compared.map(({ bytes }) => bytes));
  // One bar alone says nothing.
  element("bars-part").hidden = compared.length < 2;
  element("bars").replaceChildren(...compared.map((size) => barRow(size, longest)));
}

export function fillHealth(slide) {
  const { text, isWell } = verdict(slide);
  element("verdict").textContent = text;
  element("verdict").classList.toggle("bad", !isWell);
  element("health").replaceChildren(...healthRemarks(slide).map((remark) => create("li", remark)));
}
