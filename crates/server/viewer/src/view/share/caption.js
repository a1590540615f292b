// The caption below a picture: its title and what is to know of it, black on white.

/** In pixels of the screen. */
const PADDING = 12;
const TITLE = { font: "600 15px system-ui, sans-serif", height: 21 };
const FACTS = { font: "13px system-ui, sans-serif", height: 18 };

/** Puts `pieces` into as few lines as `width` allows, each piece whole. `measure(text)` is the width of a text. */
export function wrapped(pieces, separator, width, measure) {
  const lines = [];
  let line = null;
  for (const piece of pieces) {
    const longer = line === null ? piece : line + separator + piece;
    if (line !== null && measure(longer) > width) {
      lines.push(line);
      line = piece;
    } else line = longer;
  }
  return line === null ? lines : [...lines, line];
}

/** The lines of `pieces` in a style, each with its text. */
function linesOf(style, pieces, separator, width) {
  const context = document.createElement("canvas").getContext("2d");
  context.font = style.font;
  const texts = wrapped(pieces, separator, width, (text) => context.measureText(text).width);
  return texts.map((text) => ({ ...style, text }));
}

export class Caption {
  #scale;
  #lines;

  /** For a picture that is `width` pixels wide, with `scale` pixels for each pixel of the screen. */
  constructor({ title, facts }, width, scale) {
    this.#scale = scale;
    const room = width / scale - 2 * PADDING;
    // A title is a file's name, which may have no spaces to break at.
    this.#lines = [...linesOf(TITLE, [...title], "", room), ...linesOf(FACTS, facts, " · ", room)];
  }

  /** Its height in pixels of the picture. */
  get height() {
    const text = this.#lines.reduce((sum, { height }) => sum + height, 0);
    return Math.ceil((text + 2 * PADDING) * this.#scale);
  }

  /** Draws it from the row `top` of the picture down. */
  draw(context, top) {
    context.save();
    context.fillStyle = "#ffffff";
    context.fillRect(0, top, context.canvas.width, this.height);
    context.translate(0, top);
    context.scale(this.#scale, this.#scale);
    context.fillStyle = "#000000";
    context.textBaseline = "middle";
    let y = PADDING;
    for (const { font, height, text } of this.#lines) {
      context.font = font;
      context.fillText(text, PADDING, y + height / 2);
      y += height;
    }
    context.restore();
  }
}
