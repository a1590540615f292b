// The HTML that shows the viewer in another page. Pure functions that work without a page.

const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** A text as it is written in an attribute between quotes. */
export function escapeAttribute(text) {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

/** A frame with the page at the absolute address `url`. `title` is what screen readers call it. */
export function embedSnippet(url, title) {
  const attributes = {
    src: url,
    title,
    width: "100%",
    height: "600",
    loading: "lazy",
    allow: "fullscreen; clipboard-write",
  };
  const texts = Object.entries(attributes).map(([name, value]) => `${name}="${escapeAttribute(value)}"`);
  return `<iframe ${texts.join(" ")}></iframe>`;
}
