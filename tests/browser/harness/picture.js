// Screenshots of a slide, and measures of what they show.

/** A screenshot and the view that it shows: the slide pixel at its top left corner, and screen pixels per slide pixel. */
export class Picture {
  constructor({ width, height, data }, view) {
    this.width = width;
    this.height = height;
    this.data = data;
    this.view = view;
  }

  /** Red, green and blue of the pixel in column `x`, row `y`. */
  colourAt(x, y) {
    const offset = 4 * (y * this.width + x);
    return [this.data[offset], this.data[offset + 1], this.data[offset + 2]];
  }

  /** Slide coordinates of the centre of the pixel in column `x`, row `y`. */
  slideAt(x, y) {
    return [this.view.x + (x + 0.5) / this.view.zoom, this.view.y + (y + 0.5) / this.view.zoom];
  }
}

function luma([red, green, blue]) {
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}

/** The mean difference in brightness of neighbours in a row: high in a sharp picture, low in a blurred one. */
export function sharpness(picture) {
  let sum = 0;
  for (let y = 0; y < picture.height; y += 1) {
    for (let x = 1; x < picture.width; x += 1) {
      sum += Math.abs(luma(picture.colourAt(x, y)) - luma(picture.colourAt(x - 1, y)));
    }
  }
  return sum / (picture.height * (picture.width - 1));
}

/** The share of pixels in the pinks and violets of haematoxylin and eosin. */
export function tissueShare(picture) {
  let stained = 0;
  for (let y = 0; y < picture.height; y += 1) {
    for (let x = 0; x < picture.width; x += 1) {
      const [red, green, blue] = picture.colourAt(x, y);
      if (red > green + 15 && blue > green + 5 && green < 210) stained += 1;
    }
  }
  return stained / (picture.width * picture.height);
}

/** The mean difference per channel of two pictures where they overlap, the second moved right by `dx` and down by `dy`. */
export function difference(first, second, dx = 0, dy = 0) {
  let sum = 0;
  let compared = 0;
  for (let y = Math.max(0, dy); y < first.height + Math.min(0, dy); y += 1) {
    for (let x = Math.max(0, dx); x < first.width + Math.min(0, dx); x += 1) {
      const [a, b] = [first.colourAt(x, y), second.colourAt(x - dx, y - dy)];
      sum += (Math.abs(a[0] - b[0]) + Math.abs(a[1] - b[1]) + Math.abs(a[2] - b[2])) / 3;
      compared += 1;
    }
  }
  return sum / compared;
}
