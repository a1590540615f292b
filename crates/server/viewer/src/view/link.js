// The page's address as a link to what is on display: `#x,y,zoom&name=value&…`. Each feature has a part with a name; the
// view comes first and has none.

/** The name of the part that is written without one. */
export const VIEW = "";
/** A longer fragment is not one of ours. */
const MAX_LENGTH = 500_000;
/** Minimum time between two changes of the address in milliseconds: browsers refuse more than some in a second. */
const SAVE_INTERVAL = 400;

/** Decodes a value, or gives null if it is not percent-encoded UTF-8. */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** Percent-encodes a value, except for characters that are legal in a fragment and make it easier to read. */
function encode(text) {
  // Half of a surrogate pair cannot be encoded.
  return encodeURIComponent(text.toWellFormed?.() ?? text).replace(/%(2C|3A|3B|2F)/g, decodeURIComponent);
}

/** The parts of a fragment by name. Of parts with the same name the first one counts; nonsense is left out. */
export function parseFragment(hash) {
  const parts = new Map();
  if (hash.length > MAX_LENGTH) return parts;
  for (const part of hash.replace(/^#/, "").split("&")) {
    const equals = part.indexOf("=");
    const name = equals < 0 ? VIEW : part.slice(0, equals);
    const value = decode(part.slice(equals + 1));
    const isNamed = equals > 0 && /^\w+$/.test(name);
    if (value !== null && value !== "" && (equals < 0 || isNamed) && !parts.has(name)) parts.set(name, value);
  }
  return parts;
}

/** A fragment of these parts, a map of name to value. */
export function formatFragment(parts) {
  const texts = [...parts].map(([name, value]) => (name === VIEW ? encode(value) : `${name}=${encode(value)}`));
  return texts.length === 0 ? "" : `#${texts.join("&")}`;
}

export class Link {
  /** What reads and writes each part, by its name. */
  #features = new Map();
  /** The parts of the address when it was last read or written. */
  #parts = parseFragment(location.hash);
  #lastSave = -Infinity;
  #timer = null;

  constructor() {
    addEventListener("hashchange", () => this.#readAll());
  }

  /**
   * Adds a part of the address. `read(text)` makes the page as the text says, or as it is by default if `text` is null;
   * it must ignore nonsense. `write()` returns the text, or null if there is nothing to say. `read` is called at once,
   * and again when somebody changes this part of the address.
   */
  add(name, feature) {
    this.#features.set(name, feature);
    feature.read(this.#parts.get(name) ?? null);
  }

  /** Writes the address soon: not at once, because a feature may ask for it before all others have been added. */
  save() {
    const wait = Math.max(0, this.#lastSave + SAVE_INTERVAL - performance.now());
    this.#timer ??= setTimeout(() => this.#write(), wait);
  }

  /** The absolute address of what is on display now. `extra` has parts to add, to replace or, if null, to leave out. */
  href(extra = {}) {
    const parts = this.#current();
    for (const [name, value] of Object.entries(extra)) {
      if (value === null) parts.delete(name);
      else parts.set(name, value);
    }
    const url = new URL(location.href);
    url.hash = formatFragment(parts);
    return url.href;
  }

  #current() {
    const parts = new Map();
    // The view comes first, so that links look the same however the page was put together.
    for (const name of new Set([VIEW, ...this.#features.keys()])) {
      const text = this.#features.get(name)?.write() ?? null;
      if (text !== null) parts.set(name, text);
    }
    return parts;
  }

  #write() {
    this.#timer = null;
    this.#lastSave = performance.now();
    this.#parts = this.#current();
    try {
      history.replaceState(history.state, "", formatFragment(this.#parts) || location.pathname + location.search);
    } catch {
      // The browser refuses, because the address has changed too often. The next change writes it again.
    }
  }

  #readAll() {
    const before = this.#parts;
    this.#parts = parseFragment(location.hash);
    for (const [name, feature] of this.#features) {
      const text = this.#parts.get(name) ?? null;
      if (text !== (before.get(name) ?? null)) feature.read(text);
    }
  }
}
