// The reference slide: a synthetic picture whose colour is known at every place.

import { writeFile } from "node:fs/promises";
import { PNG } from "pngjs";

/** Odd sizes, so that every level has cropped tiles at the right and at the bottom. */
export const REFERENCE = { width: 2317, height: 1709 };

/** In slide pixels. Not a multiple of any tile size, so that no two neighbouring tiles are alike. */
const PERIOD = 300;

function wave(position) {
  return 128 + 90 * Math.sin((2 * Math.PI * position) / PERIOD);
}

/**
 * The colour of the reference slide at a place in slide pixels, where a pixel's centre is at one half. Red identifies
 * the column and green the row within a period. Blue identifies the period, so tiles in a wrong place are noticed.
 */
export function referenceColour(x, y) {
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
 * Compares a picture with the reference slide. The result has the mean and the 99.9th percentile of the difference per
 * channel over the pixels inside the slide, the number of these pixels, and the number of pixels outside the slide that
 * do not have the stage's colour. Pixels within `margin` screen pixels of the slide's edge have mixed colours and are
 * ignored.
 */
export function compareToReference(picture, stageColour, margin = 2) {
  const histogram = new Uint32Array(256);
  let inside = 0;
  let spilled = 0;
  let sum = 0;
  const [left, top] = picture.slideAt(0, 0);
  const step = picture.slideAt(1, 0)[0] - left;
  const band = margin * step;
  for (let y = 0; y < picture.height; y += 1) {
    for (let x = 0; x < picture.width; x += 1) {
      const [slideX, slideY] = [left + x * step, top + y * step];
      const depth = Math.min(slideX, slideY, REFERENCE.width - slideX, REFERENCE.height - slideY);
      if (Math.abs(depth) < band) continue;
      const drawn = picture.colourAt(x, y);
      if (depth < 0) {
        if (drawn.some((value, channel) => Math.abs(value - stageColour[channel]) > 1)) spilled += 1;
        continue;
      }
      inside += 1;
      referenceColour(slideX, slideY).forEach((value, channel) => {
        const difference = Math.abs(value - drawn[channel]);
        sum += difference;
        histogram[Math.round(difference)] += 1;
      });
    }
  }
  return { mean: sum / (3 * inside), worst: percentile999(histogram, 3 * inside), inside, spilled };
}

/** The 99.9th percentile of `count` values from 0 to 255. */
function percentile999(histogram, count) {
  let above = count * 0.001;
  for (let value = 255; value > 0; value -= 1) {
    above -= histogram[value];
    if (above <= 0) return value;
  }
  return 0;
}

/**
 * The largest difference per channel of a screenshot from the reference slide. `place` says where the picture is on the
 * screenshot, which slide pixel is at its top left corner, and how many screen pixels a slide pixel takes. Pixels at the
 * edges of the slide and of the picture have mixed colours and are ignored. Fails if less than `minimum` were compared.
 */
export function worstDifference(screenshot, place, minimum = 2000) {
  const [right, bottom] = [place.left + place.width, place.top + place.height];
  let [worst, compared] = [0, 0];
  for (let y = Math.ceil(place.top) + 4; y < Math.min(bottom, screenshot.height) - 4; y += 5) {
    for (let x = Math.ceil(place.left) + 4; x < Math.min(right, screenshot.width) - 4; x += 5) {
      const slideX = place.x + (x + 0.5 - place.left) / place.zoom;
      const slideY = place.y + (y + 0.5 - place.top) / place.zoom;
      const depth = Math.min(slideX, slideY, REFERENCE.width - slideX, REFERENCE.height - slideY);
      if (depth * place.zoom < 4) continue;
      const drawn = screenshot.data.subarray(4 * (y * screenshot.width + x));
      referenceColour(slideX, slideY).forEach((value, channel) => {
        worst = Math.max(worst, Math.abs(value - drawn[channel]));
      });
      compared += 1;
    }
  }
  if (compared < minimum) throw new Error(`only ${compared} places were compared`);
  return worst;
}
