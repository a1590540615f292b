// What the viewer draws: every pixel of the reference slide, and sharpness, movement and edges of a real one.

import assert from "node:assert/strict";
import { test } from "node:test";
import { packBoth, Pages } from "./harness/pages.js";
import { difference, sharpness, tissueShare } from "./harness/picture.js";
import { compareToReference, REFERENCE } from "./harness/reference.js";
import { CMU, slideTest } from "./harness/slides.js";
import { stageColour } from "./harness/view.js";

/** The level of full resolution of both slides. */
const FULL = 12;
const { width, height } = REFERENCE;
/** Views of the reference slide that together show its middle, all edges and corners, and several levels. */
const VIEWS = [
  { name: "the middle", x: width / 2, y: height / 2, zoom: 1, level: FULL },
  { name: "the top left corner", x: 300, y: 200, zoom: 1, level: FULL },
  { name: "the top right corner", x: width - 300, y: 200, zoom: 1, level: FULL },
  { name: "the bottom left corner", x: 300, y: height - 200, zoom: 1, level: FULL },
  { name: "the bottom right corner", x: width - 300, y: height - 200, zoom: 1, level: FULL },
  { name: "twice enlarged", x: 1025, y: 769, zoom: 2, level: FULL },
  { name: "one level up", x: width / 2, y: height / 2, zoom: 0.5, level: FULL - 1 },
  { name: "two levels up", x: width / 2, y: height / 2, zoom: 0.25, level: FULL - 2 },
];

const pages = new Pages(async ({ site }) => {
  await packBoth(site);
  await site.packReference("reference-luma", "--mode", "luma");
  await site.packReference("reference-stored", "--mode", "stored");
});

for (const [id, drawer] of [
  ["reference", "canvas"],
  ["reference", "webgl"],
  ["reference-luma", "canvas"],
  ["reference-stored", "canvas"],
]) {
  test(`${id} is drawn by ${drawer} in the colours of its source, everywhere`, async () => {
    const tab = await pages.view(id, "", { drawer });
    assert.equal(await tab.page.evaluate(() => window.viewer.drawer.getType()), drawer);
    const background = await stageColour(tab);
    for (const { name, x, y, zoom, level } of VIEWS) {
      await tab.moveTo(x, y, zoom);
      assert.ok(tab.tiles.some((tile) => tile.z === level), `level ${level} was requested, ${name}`);
      const result = compareToReference(await tab.picture(), background);
      const numbers = `${name}: ${JSON.stringify(result)}`;
      assert.ok(result.inside > 50_000, numbers);
      // A drawer may round by half a screen pixel, which is more of the slide the further it is zoomed out.
      assert.ok(result.mean < 1.5 + 0.5 / zoom, numbers);
      assert.ok(result.worst < 16, numbers);
      assert.equal(result.spilled, 0, numbers);
    }
    const [columns, rows] = [Math.ceil(width / 256), Math.ceil(height / 256)];
    const last = tab.tiles.find((tile) => tile.z === FULL && tile.x === columns - 1 && tile.y === rows - 1);
    assert.ok(last, "the last tile was drawn");
    assert.ok(tab.tiles.every((tile) => tile.x < columns && tile.y < rows), "no tile outside the grid was requested");
    assert.deepEqual(tab.problems, []);
    await tab.close();
  });
}

slideTest("a real slide is drawn as sharp tissue at full resolution", async () => {
  const places = [
    [1110, 1480],
    [1000, 800],
    [1500, 2500],
    [1200, 2200],
  ];
  const tab = await pages.view(CMU.id, "#1110,1480,1");
  const coarse = await pages.view(CMU.id, "#1110,1480,1", { shouldFail: (url) => url.includes(`_files/${FULL}/`) });
  for (const [x, y] of places) {
    await tab.moveTo(x, y, 1);
    const picture = await tab.picture();
    const stained = tissueShare(picture);
    assert.ok(stained > 0.2 && stained < 1, `${stained} of the screen is stained at ${x}, ${y}`);
    await coarse.moveTo(x, y, 1);
    const [sharp, blurred] = [sharpness(picture), sharpness(await coarse.picture())];
    assert.ok(sharp > 1.3 * blurred, `${sharp} with and ${blurred} without full resolution at ${x}, ${y}`);
  }
  assert.ok(tab.tiles.some((tile) => tile.z === FULL));
  assert.deepEqual(tab.problems, []);
  await tab.close();
  await coarse.close();
});

slideTest("panning a real slide moves what is drawn and nothing else", async () => {
  const tab = await pages.view(CMU.id, "#1000,1400,1");
  const first = await tab.picture();
  await tab.moveTo(1200, 1330, 1);
  const second = await tab.picture();
  const [unmoved, movedBack] = [difference(first, second), difference(first, second, 200, -70)];
  assert.ok(unmoved > 10, `${unmoved} without moving it back`);
  assert.ok(movedBack < 0.5, `${movedBack} after moving it back`);
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

slideTest("every edge of a real slide is drawn up to its last pixel and not beyond", async () => {
  const tab = await pages.view(CMU.id, "#1110,1480,1");
  const background = await stageColour(tab);
  for (const [x, y] of [
    [200, 1480],
    [2020, 1480],
    [1110, 200],
    [1110, 2767],
  ]) {
    await tab.moveTo(x, y, 1);
    const { missing, spilled } = countEdgeErrors(await tab.picture(), background);
    // Some pixels of the tissue may have exactly the stage's colour, but not many.
    assert.ok(missing < 200, `${missing} pixels were not drawn at ${x}, ${y}`);
    assert.equal(spilled, 0, `pixels drawn beyond the slide at ${x}, ${y}`);
  }
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

/** The number of pixels inside the slide that have the stage's colour, and of those outside it that do not. */
function countEdgeErrors(picture, background) {
  let missing = 0;
  let spilled = 0;
  for (let row = 0; row < picture.height; row += 1) {
    for (let column = 0; column < picture.width; column += 1) {
      const [x, y] = picture.slideAt(column, row);
      const depth = Math.min(x, y, CMU.width - x, CMU.height - y);
      const drawn = picture.colourAt(column, row).some((value, channel) => Math.abs(value - background[channel]) > 1);
      if (depth > 1 && !drawn) missing += 1;
      if (depth < -1 && drawn) spilled += 1;
    }
  }
  return { missing, spilled };
}
