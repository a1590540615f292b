// Lengths, areas and angles on the slide. Pure functions that work without a page.
//
// Points are `{ x, y }` in slide pixels. `scale` is the size of a pixel across and down, `[x, y]`: micrometres, or
// `[1, 1]` for results in pixels. Pixels need not be square.

/** The vector from one point to another in units of `scale`. */
function vector(from, to, [across, down]) {
  return { x: (to.x - from.x) * across, y: (to.y - from.y) * down };
}

function norm({ x, y }) {
  return Math.hypot(x, y);
}

/** The length of the path through all points in order. 0 for fewer than two points. */
export function pathLength(points, scale) {
  let sum = 0;
  for (let n = 1; n < points.length; n += 1) sum += norm(vector(points[n - 1], points[n], scale));
  return sum;
}

/** The length of the outline of a polygon. For two points it is the way there and back. */
export function perimeter(points, scale) {
  return points.length < 2 ? 0 : pathLength([...points, points[0]], scale);
}

/**
 * The area of a polygon by the shoelace formula, whichever way round its points go. 0 for fewer than three points.
 * Where the outline crosses itself, parts that lie on opposite sides of it cancel.
 */
export function polygonArea(points, scale) {
  let twice = 0;
  // Relative to the first point, so that places far from the origin do not cost precision.
  for (let n = 2; n < points.length; n += 1) {
    const one = vector(points[0], points[n - 1], scale);
    const other = vector(points[0], points[n], scale);
    twice += one.x * other.y - other.x * one.y;
  }
  return Math.abs(twice) / 2;
}

/** The angle in degrees, 0 to 180, at the second of three points. Null if it coincides with another one. */
export function angleBetween([from, corner, to], scale) {
  const [one, other] = [vector(corner, from, scale), vector(corner, to, scale)];
  if (norm(one) === 0 || norm(other) === 0) return null;
  const cross = one.x * other.y - one.y * other.x;
  const dot = one.x * other.x + one.y * other.y;
  return (Math.abs(Math.atan2(cross, dot)) * 180) / Math.PI;
}

/** The mean of some points. */
export function middle(points) {
  const sum = points.reduce((sum, { x, y }) => ({ x: sum.x + x, y: sum.y + y }), { x: 0, y: 0 });
  return { x: sum.x / points.length, y: sum.y / points.length };
}
