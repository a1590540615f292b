// Elements that the sections are made of. Texts may come from slides and be hostile: they only ever become text.

import { create } from "../shared/dom.js";

/** A term with its value, an element or a text, and a note that explains it. */
function factElement({ term, value, note }) {
  const fact = create("div", "");
  const description = create("dd", "");
  description.append(value);
  fact.append(create("dt", term), description);
  if (note) fact.append(create("dd", note, "hint"));
  return fact;
}

/** The content of a `<dl>` for facts, `{ term, value, note? }`. Facts without a value are left out. */
export function factElements(facts) {
  return facts.filter(({ value }) => value).map(factElement);
}

/** A list of phrases, or null if there are none. */
export function phrases(texts) {
  if (texts.length === 0) return null;
  const list = create("ul", "", "phrases");
  list.append(...texts.map((text) => create("li", text)));
  return list;
}

/** A row of a table. Its first cell is the row's heading. */
function row(cells) {
  const created = document.createElement("tr");
  cells.forEach((content, column) => {
    const cell = create(column === 0 ? "th" : "td", "");
    if (column === 0) cell.scope = "row";
    cell.append(content);
    created.append(cell);
  });
  return created;
}

/** Fills a table with its headings and, for each row, one text or element for each of them. */
export function fillTable(table, headings, rows) {
  const head = document.createElement("thead");
  const headRow = document.createElement("tr");
  for (const heading of headings) {
    const cell = create("th", heading);
    cell.scope = "col";
    headRow.append(cell);
  }
  head.append(headRow);
  const body = document.createElement("tbody");
  body.append(...rows.map(row));
  table.replaceChildren(head, body);
}

/** The content of a `<dl>` that says what words mean, pairs of word and explanation. */
export function wordElements(words) {
  return words.map(([word, explanation]) => {
    const pair = create("div", "");
    pair.append(create("dt", word), create("dd", explanation));
    return pair;
  });
}

/** A bar that is filled to `part` of its length, 0 to 1. Screen readers pass over it: the number is beside it. */
export function bar(part) {
  const track = create("span", "", "bar");
  track.setAttribute("aria-hidden", "true");
  const filled = create("span", "");
  filled.style.width = `${100 * Math.min(1, Math.max(0, part))}%`;
  track.append(filled);
  return track;
}
