// Finding slides by words. Pure functions that work without a page.

import * as format from "../shared/format.js";

/** Letters that people type without their stroke or as two letters, and that Unicode does not take apart. */
const LETTERS = { "×": "x", ß: "ss", ς: "σ", ı: "i", ø: "o", ł: "l", đ: "d", æ: "ae", œ: "oe" };
const LETTER = new RegExp(`[${Object.keys(LETTERS).join("")}]`, "g");

/**
 * Text as it is compared: case and accents do not matter, nor whether it is written in wide or narrow letters, nor
 * separators in numbers. Only marks that belong to no script are removed: the vowel signs of Hindi or Thai tell words
 * apart. Sizes become words of their own, so that "20x" is not found inside of "46020x32914".
 */
export function fold(text) {
  return text
    .normalize("NFKD")
    .replace(/\p{Script=Inherited}/gu, "")
    .toLowerCase()
    .replace(LETTER, (letter) => LETTERS[letter])
    .replace(/(\d),(?=\d{3})/g, "$1")
    .replace(/(\d{3})\s*x\s*(?=\d{3})/g, "$1 x ");
}

function facts(entry) {
  if (entry.error) return ["broken", entry.error];
  return [
    entry.format,
    entry.mode,
    format.magnification(entry),
    format.pixels(entry),
    format.millimetres(entry),
    format.pixelSize(entry),
    format.bytes(entry.bytes),
  ];
}

/** What is searched of each slide, made once: folding is far slower than searching. */
const texts = new WeakMap();

/** The folded text of everything that a slide can be found by. */
export function searchText(entry) {
  let text = texts.get(entry);
  if (text === undefined) {
    const all = [entry.title, entry.id, entry.folder, ...facts(entry)];
    text = fold(all.filter(Boolean).join("  "));
    texts.set(entry, text);
  }
  return text;
}

/** Words that a slide must have, all of them, in any order, each anywhere within a word. */
export class Query {
  constructor(text) {
    this.words = fold(text).split(/\s+/).filter(Boolean);
  }

  get isEmpty() {
    return this.words.length === 0;
  }

  matches(entry) {
    const text = searchText(entry);
    return this.words.every((word) => text.includes(word));
  }
}
