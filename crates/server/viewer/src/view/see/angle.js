// Angles of rotation in degrees. Pure functions that work without a page.

/** The same direction as an angle from 0 to 360, 360 excluded, with one decimal. */
export function wholeTurn(degrees) {
  const angle = Number((((degrees % 360) + 360) % 360).toFixed(1));
  return angle === 360 ? 0 : angle;
}

/** The same direction as an angle above -180 and up to 180. */
export function halfTurn(degrees) {
  const angle = wholeTurn(degrees);
  return angle > 180 ? Number((angle - 360).toFixed(1)) : angle;
}

/** An angle as text for a link. Null if nothing is rotated. */
export function formatAngle(degrees) {
  const angle = wholeTurn(degrees);
  return angle === 0 ? null : String(angle);
}

/** Reads what `formatAngle` writes. Nonsense is 0. */
export function parseAngle(text) {
  return /^-?\d{1,6}(\.\d{1,6})?$/.test(text ?? "") ? wholeTurn(Number(text)) : 0;
}
