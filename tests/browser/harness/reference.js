import { writeFile } from "node:fs/promises";
import { PNG } from "pngjs";

/** Odd sizes, so that every level has cropped tiles on the right and at the bottom. */
export const REFERENCE = { width: 2317, height: 1709 };

/** In slide pixels. Not a multiple of any tile size, so that no two neighbouring tiles look alike. */
const PERIOD = 300;

/**
 * The colour of the reference slide at a place in slide pixels, pixel centres at one half. Red tells the column and
 * green the row within a period; blue tells which period, so tiles in the wrong place cannot pass.
 */
export function referenceColour(x, y) {
  const wave = (along) => 128 + 90 * Math.sin((2 * Math.PI * along) / PERIOD);
  const blue = 40 + (90 * x) / REFERENCE.width + (90 * y) / REFERENCE.height;
  return [wave(x), wave(y), blue];
}

/** Writes the reference slide as PNG. */
export async function writeReference(file) {
  const { width, height } = REFERENCE;
  const image = new PNG({ width, height, colorType: 2 });
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const colour = referenceColour(x + 0.5, y + 0.5).map(Math.round);
      image.data.set([...colour, 255], 4 * (y * width + x));
    }
  }
  await writeFile(file, PNG.sync.write(image, { colorType: 2 }));
}

/**
 * How far a picture is from what the reference slide must look like: the mean and the 99.9th percentile of the
 * difference per channel over the pixels inside the slide, how many those are, and how many pixels outside it are not
 * the stage's colour. A band of `margin` screen pixels along the slide's edge is left out: there the colour is mixed.
 */
export function compareToReference(picture, stage, margin = 2) {
  const histogram = new Uint32Array(256);
  let inside = 0;
  let spilled = 0;
  let sum = 0;
  const [left, top] = picture.slideAt(0, 0);
  const step = picture.slideAt(1, 0)[0] - left;
  const band = margin * step;
  for (let y = 0; y < picture.height; y += 1) {
    for (let x = 0; x < picture.width; x += 1) {
      const [sx, sy] = [left + x * step, top + y * step];
      const depth = Math.min(sx, sy, REFERENCE.width - sx, REFERENCE.height - sy);
      if (Math.abs(depth) < band) continue;
      const drawn = picture.at(x, y);
      if (depth < 0) {
        if (drawn.some((value, channel) => Math.abs(value - stage[channel]) > 1)) spilled += 1;
        continue;
      }
      inside += 1;
      referenceColour(sx, sy).forEach((value, channel) => {
        const difference = Math.abs(value - drawn[channel]);
        sum += difference;
        histogram[Math.round(difference)] += 1;
      });
    }
  }
  let above = 3 * inside * 0.001;
  let worst = 255;
  while (worst > 0 && (above -= histogram[worst]) > 0) worst -= 1;
  return { mean: sum / (3 * inside), worst, inside, spilled };
}
