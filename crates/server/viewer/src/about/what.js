// The section “What it is”.

import { create, element } from "../shared/dom.js";
import * as format from "../shared/format.js";
import { factElements, phrases } from "./parts.js";
import { contentsOf, magnificationText, pixelSizeNote } from "./words.js";

function sourceText({ source, metadata }) {
  const bytes = metadata?.source?.bytes;
  return [source, bytes ? format.bytes(bytes) : null].filter(Boolean).join(", ");
}

/** A colour as text, beside a sample of it. */
function colourSample(colour) {
  if (!colour) return null;
  const shown = create("span", "");
  const sample = create("span", "", "sample");
  sample.style.backgroundColor = colour;
  shown.append(sample, ` ${colour}`);
  return shown;
}

function facts(slide) {
  return [
    { term: "Title", value: slide.title, note: "The name of the slide's file or, if that is not to be known, its id." },
    { term: "Id", value: slide.id, note: "Its name in addresses." },
    { term: "Folder", value: slide.folder },
    { term: "Format", value: slide.format, note: "The kind of file that the slide was packed from." },
    { term: "Source file", value: sourceText(slide), note: "Its name and length." },
    {
      term: "Checksum of the source file",
      value: slide.metadata?.source?.sha256 && create("code", slide.metadata.source.sha256),
      note: "SHA-256. A file with the same checksum is the same file: sha256sum prints it.",
    },
    { term: "Size", value: format.pixels(slide), note: "Width and height at full resolution." },
    {
      term: "Area",
      value: format.millimetres(slide),
      note: "How much of the glass was scanned: the size times the pixel size.",
    },
    { term: "Pixel size", value: format.pixelSize(slide) ?? "unknown", note: pixelSizeNote(slide) },
    {
      term: "Magnification",
      value: magnificationText(slide) ?? "unknown",
      note: "The power of the objective that the slide was scanned with. For measuring, only the pixel size counts.",
    },
    {
      term: "Contents",
      value: phrases(contentsOf(slide)),
      note: "What the file holds, and which part of it is shown.",
    },
    { term: "Background", value: colourSample(slide.background), note: "The colour of what was not scanned." },
  ];
}

export function fillWhat(slide) {
  element("what").replaceChildren(...factElements(facts(slide)));
  element("description-part").hidden = !slide.description;
  element("description").textContent = slide.description ?? "";
}
