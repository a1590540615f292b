// Helpers for finding and creating elements of a page. Texts may come from slides and be hostile: they only ever become
// text, never markup.

const SVG = "http://www.w3.org/2000/svg";

/** The element of the page with this id. */
export function element(id) {
  return document.getElementById(id);
}

/** A new element with this text and these classes, not yet part of the page. */
export function create(tag, text, classes = "") {
  const created = document.createElement(tag);
  created.textContent = text;
  if (classes) created.className = classes;
  return created;
}

/** The terms and descriptions of a `<dl>` for pairs of name and value. Pairs without a value are left out. */
export function descriptionItems(pairs) {
  return pairs
    .filter(([, value]) => value)
    .flatMap(([name, value]) => [create("dt", name), create("dd", value)]);
}

/** A picture of 24 × 24 units from the data of an SVG path, drawn as lines. Screen readers pass over it. */
export function icon(pathData) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", pathData);
  svg.append(path);
  return svg;
}

/** A button with a text or, if it has only an icon, with `label` as its name and its tooltip. */
export function button({ label, icon: pathData, text, classes = "", onClick }) {
  const created = create("button", "", `button ${classes}`.trim());
  created.type = "button";
  if (pathData) created.append(icon(pathData));
  if (text) created.append(text);
  if (label && label !== text) {
    created.setAttribute("aria-label", label);
    created.title = label;
  }
  if (onClick) created.addEventListener("click", onClick);
  return created;
}
