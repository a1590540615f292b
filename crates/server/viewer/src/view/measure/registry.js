// Which measurements belong to which page.

const lists = new WeakMap();

/** Remembers the `Measurements` of a page. */
export function register(page, measurements) {
  lists.set(page, measurements);
}

/** The measurements of a page in the order of the list. */
export function measurementsOf(page) {
  return lists.get(page)?.all ?? [];
}
