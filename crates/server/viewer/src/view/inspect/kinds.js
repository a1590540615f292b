// The kinds of tiles and where tiles come from, with what shows them. Pure functions that work without a page.

/**
 * How a tile is kept in the pack, in the order of the legend. Each kind differs from the others in colour (colours that
 * can be told apart without seeing all of them), in the dashes of its line, in screen pixels, and in its letter.
 */
export const KINDS = {
  stored: { letter: "J", label: "Stored as JPEG", colour: "#0072b2", dashes: [] },
  predicted: { letter: "P", label: "Predicted from its parent", colour: "#d55e00", dashes: [10, 4] },
  residual: { letter: "R", label: "Residual", colour: "#009e73", dashes: [2, 4] },
  blank: { letter: "C", label: "One colour", colour: "#cc79a7", dashes: [12, 4, 2, 4] },
  empty: { letter: "E", label: "Empty: as predicted", colour: "#767676", dashes: [4, 8] },
  unknown: { letter: "?", label: "Not known yet", colour: "#404040", dashes: [1, 3] },
};

/** Where a tile on the screen came from, in the order of the legend. */
export const ORIGINS = {
  browser: { label: "The browser's cache" },
  cache: { label: "The server's cache" },
  rebuilt: { label: "Rebuilt by the server" },
  stored: { label: "The pack, as stored" },
  blank: { label: "One colour, made on the spot" },
  unknown: { label: "Not known: loaded earlier" },
};

/** The kind of this name, or that of tiles of which nothing is known. */
export function kindOf(name) {
  return Object.hasOwn(KINDS, name ?? "") ? name : "unknown";
}

/** Where a tile came from, by the browser's record of its transfer, a `PerformanceResourceTiming` or null. */
export function originOf(transfer) {
  if (!transfer) return "unknown";
  if (transfer.transferSize === 0 && transfer.decodedBodySize > 0) return "browser";
  const name = transfer.serverTiming?.[0]?.name ?? "";
  return Object.hasOwn(ORIGINS, name) ? name : "unknown";
}

/** Adds up facts of tiles by one of their fields: a map of its value to `{ tiles, packed, sent }`, in bytes. */
export function sums(facts, field) {
  const all = new Map();
  for (const fact of facts) {
    const sum = all.get(fact[field]) ?? { tiles: 0, packed: 0, sent: 0 };
    sum.tiles += 1;
    sum.packed += fact.packed ?? 0;
    sum.sent += fact.sent ?? 0;
    all.set(fact[field], sum);
  }
  return all;
}
