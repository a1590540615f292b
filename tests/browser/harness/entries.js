// Entries of the server's list of slides: for more slides, and stranger names, than a test can make packs of.

export function slideEntry(id, changes = {}) {
  return {
    id,
    title: id,
    folder: "",
    generation: "0123456789abcdef",
    width: 46_000,
    height: 32_914,
    tile_size: 256,
    levels: 17,
    mode: "exact",
    bytes: 100_000_000,
    mpp: [0.25, 0.25],
    objective: 40,
    magnification: { power: 40, derived: false },
    format: "Aperio SVS",
    modified: Date.UTC(2026, 0, 1),
    ...changes,
  };
}

export function brokenEntry(id, error, changes = {}) {
  return { id, title: id, folder: "", error, bytes: 100, modified: Date.UTC(2026, 0, 1), ...changes };
}

/** Slides `slide-0000` and so on, each wider, larger and newer than the one before. */
export function manyEntries(count) {
  return Array.from({ length: count }, (_, i) =>
    slideEntry(`slide-${String(i).padStart(4, "0")}`, {
      width: 46_000 + i,
      bytes: 100_000_000 + i,
      modified: Date.UTC(2026, 0, 1) + 60_000 * i,
    }),
  );
}
