// Helpers for finding and creating elements of a page.

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
