// Names of files for pictures of a slide. Pure functions that work without a page.

/** No title takes more of a name, in characters. */
const MAX_TITLE = 80;

/** A title without what some system forbids in a file's name, and without invisible characters. */
export function safeTitle(title) {
  const plain = title.replace(/[\p{C}\p{Zl}\p{Zp}/\\:*?"<>|]+/gu, " ").replace(/\s+/g, " ");
  const short = [...plain].slice(0, MAX_TITLE).join("");
  return short.replace(/^[\s.]+|[\s.]+$/g, "") || "slide";
}

/** The name of a picture of the place `view`, `{ x, y, zoom }`, on a slide with this title. */
export function pictureName(title, { x, y, zoom }) {
  return `${safeTitle(title)}_x${Math.round(x)}_y${Math.round(y)}_z${Number(zoom.toPrecision(3))}.png`;
}
