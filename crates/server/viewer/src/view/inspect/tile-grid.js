// Where tiles lie on the slide, and which rectangles of them to ask for. Pure functions that work without a page.

/** Most tiles of one request. */
const MAX_TILES = 1024;

/** The rectangle of a tile in pixels of full resolution. `right` and `bottom` are just outside. */
export function tileRectangle({ width, height, tile_size: size, levels }, { z, x, y }) {
  const side = size * 2 ** (levels - 1 - z);
  return {
    left: x * side,
    top: y * side,
    right: Math.min((x + 1) * side, width),
    bottom: Math.min((y + 1) * side, height),
  };
}

/** The corners of a rectangle, clockwise. */
export function corners({ left, top, right, bottom }) {
  return [
    { x: left, y: top },
    { x: right, y: top },
    { x: right, y: bottom },
    { x: left, y: bottom },
  ];
}

/** The finest of these tiles that has the place `point`, or null. Each has the rectangle `area`. */
export function tileAt(tiles, { x, y }) {
  const found = tiles.filter(({ area }) => x >= area.left && x < area.right && y >= area.top && y < area.bottom);
  return found.reduce((finest, tile) => (finest && finest.z > tile.z ? finest : tile), null);
}

/** Rectangles of one level that together have all of `tiles` in them, each small enough for one request. */
export function rectangles(tiles) {
  if (tiles.length === 0) return [];
  const [columns, rows] = [tiles.map(({ x }) => x), tiles.map(({ y }) => y)];
  const [left, top] = [Math.min(...columns), Math.min(...rows)];
  const [right, bottom] = [Math.max(...columns), Math.max(...rows)];
  const width = Math.min(right - left + 1, MAX_TILES);
  const height = Math.min(bottom - top + 1, Math.floor(MAX_TILES / width));
  const found = [];
  for (let y = top; y <= bottom; y += height) {
    for (let x = left; x <= right; x += width) {
      found.push({ x, y, columns: Math.min(width, right - x + 1), rows: Math.min(height, bottom - y + 1) });
    }
  }
  return found;
}
