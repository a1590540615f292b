// The orders of the gallery. Pure functions that work without a page.

function pixelCount(entry) {
  return entry.error ? 0 : entry.width * entry.height;
}

/** How two entries compare in each order. What compares equal stays in the order of the server: folder, then title. */
const COMPARISONS = {
  name: null,
  newest: (one, other) => (other.modified ?? 0) - (one.modified ?? 0),
  bytes: (one, other) => (other.bytes ?? 0) - (one.bytes ?? 0),
  pixels: (one, other) => pixelCount(other) - pixelCount(one),
  broken: (one, other) => Number(Boolean(other.error)) - Number(Boolean(one.error)),
};

/** The names of the orders, as addresses have them. */
export const ORDERS = Object.keys(COMPARISONS);

/** The entries in an order. They are left as they are. */
export function sorted(entries, order) {
  const compare = COMPARISONS[order];
  return compare ? [...entries].sort(compare) : entries;
}
