// What a page remembers in this browser. Browsers may forbid it or run out of room; then nothing is remembered.

/** Other programs may be served from the same origin. */
const PREFIX = "origami.";

/** The text that was saved under this name, or null. */
export function load(name) {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

/** Saves a text under this name, or forgets it if `text` is null. */
export function save(name, text) {
  try {
    if (text === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, text);
  } catch {
    // Only this visit knows it then.
  }
}
