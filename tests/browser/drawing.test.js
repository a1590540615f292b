import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";
import { launch, Tab } from "./harness/browser.js";
import { compareToReference, REFERENCE, writeReference } from "./harness/reference.js";
import { Site, skipWithoutSlides, slideFile } from "./harness/site.js";
import { difference, sharpness, tissueShare } from "./harness/tissue.js";

const slide = slideFile("CMU-1-Small-Region.svs");
const FULL = 12;
let browser;
let site;

before(async () => {
  browser = await launch();
  site = await Site.create();
  const picture = path.join(site.folder, "reference.png");
  await writeReference(picture);
  await site.pack(picture, "reference", "--mode", "exact");
  await site.pack(picture, "reference-luma", "--mode", "luma");
  await site.pack(picture, "reference-stored", "--mode", "stored");
  if (slide) await site.pack(slide, "CMU-1-Small-Region");
  await site.serve();
});

after(async () => {
  await browser?.close();
  await site?.close();
});

async function view(id, drawer, hash, options = {}) {
  const tab = await Tab.open(browser, `${site.url}/view/${id}?drawer=${drawer}${hash}`, options);
  await tab.settled();
  return tab;
}

/** Views of the reference slide that together show its middle, all edges and corners, and several levels. */
const { width, height } = REFERENCE;
const VIEWS = [
  ["the middle", width / 2, height / 2, 1, FULL],
  ["the top left corner", 300, 200, 1, FULL],
  ["the top right corner", width - 300, 200, 1, FULL],
  ["the bottom left corner", 300, height - 200, 1, FULL],
  ["the bottom right corner", width - 300, height - 200, 1, FULL],
  ["twice enlarged", 1025, 769, 2, FULL],
  ["one level up", width / 2, height / 2, 0.5, FULL - 1],
  ["two levels up", width / 2, height / 2, 0.25, FULL - 2],
];

for (const [id, drawer] of [
  ["reference", "canvas"],
  ["reference", "webgl"],
  ["reference-luma", "canvas"],
  ["reference-stored", "canvas"],
]) {
  test(`${id} is drawn by ${drawer} in the colours of its source, everywhere`, async () => {
    const tab = await view(id, drawer, "");
    assert.equal(await tab.page.evaluate(() => window.viewer.drawer.getType()), drawer);
    const stage = await tab.page.evaluate(() => getComputedStyle(document.getElementById("stage")).backgroundColor);
    const background = stage.match(/\d+/g).slice(0, 3).map(Number);
    for (const [where, x, y, zoom, level] of VIEWS) {
      await tab.look(x, y, zoom);
      assert.ok(tab.tiles.some((tile) => tile.z === level), `level ${level} was asked for, ${where}`);
      const found = compareToReference(await tab.picture(), background);
      const numbers = `${where}: ${JSON.stringify(found)}`;
      assert.ok(found.inside > 50_000, numbers);
      // Half a screen pixel is what a drawer may round; when zoomed out it is that much more of the slide.
      assert.ok(found.mean < 1.5 + 0.5 / zoom, numbers);
      assert.ok(found.worst < 16, numbers);
      assert.equal(found.spilled, 0, numbers);
    }
    const [columns, rows] = [Math.ceil(width / 256), Math.ceil(height / 256)];
    assert.ok(tab.tiles.some((tile) => tile.z === FULL && tile.x === columns - 1 && tile.y === rows - 1), "the last tile was drawn");
    assert.ok(tab.tiles.every((tile) => tile.x < columns && tile.y < rows), "no tile outside the grid was asked for");
    assert.deepEqual(tab.faults, []);
    await tab.close();
  });
}

test("a real slide is drawn as sharp tissue at full resolution", async (t) => {
  if (!slide) return skipWithoutSlides(t);
  const places = [
    [1110, 1480],
    [1000, 800],
    [1500, 2500],
    [1200, 2200],
  ];
  const tab = await view("CMU-1-Small-Region", "canvas", "#1110,1480,1");
  const coarse = await view("CMU-1-Small-Region", "canvas", "#1110,1480,1", { withhold: (url) => url.includes(`_files/${FULL}/`) });
  for (const [x, y] of places) {
    await tab.look(x, y, 1);
    const picture = await tab.picture();
    const stained = tissueShare(picture);
    assert.ok(stained > 0.2 && stained < 1, `${stained} of the screen is stained at ${x}, ${y}`);
    await coarse.look(x, y, 1);
    const [sharp, blurred] = [sharpness(picture), sharpness(await coarse.picture())];
    assert.ok(sharp > 1.3 * blurred, `${sharp} with and ${blurred} without full resolution at ${x}, ${y}`);
  }
  assert.ok(tab.tiles.some((tile) => tile.z === FULL));
  assert.deepEqual(tab.faults, []);
  await tab.close();
  await coarse.close();
});

test("panning a real slide moves what is drawn and nothing else", async (t) => {
  if (!slide) return skipWithoutSlides(t);
  const tab = await view("CMU-1-Small-Region", "canvas", "#1000,1400,1");
  const first = await tab.picture();
  await tab.look(1200, 1330, 1);
  const second = await tab.picture();
  const [still, moved] = [difference(first, second), difference(first, second, 200, -70)];
  assert.ok(still > 10, `${still} if it had not moved`);
  assert.ok(moved < 0.5, `${moved} after moving it back`);
  assert.deepEqual(tab.faults, []);
  await tab.close();
});

test("every edge of a real slide is drawn up to its last pixel and not beyond", async (t) => {
  if (!slide) return skipWithoutSlides(t);
  const tab = await view("CMU-1-Small-Region", "canvas", "#1110,1480,1");
  const stage = await tab.page.evaluate(() => getComputedStyle(document.getElementById("stage")).backgroundColor);
  const background = stage.match(/\d+/g).slice(0, 3).map(Number);
  const isStage = (colour) => colour.every((value, channel) => Math.abs(value - background[channel]) <= 1);
  for (const [x, y] of [
    [200, 1480],
    [2020, 1480],
    [1110, 200],
    [1110, 2767],
  ]) {
    await tab.look(x, y, 1);
    const picture = await tab.picture();
    let missing = 0;
    let spilled = 0;
    for (let row = 0; row < picture.height; row += 1) {
      for (let column = 0; column < picture.width; column += 1) {
        const [sx, sy] = picture.slideAt(column, row);
        const depth = Math.min(sx, sy, 2220 - sx, 2967 - sy);
        if (depth > 1 && isStage(picture.at(column, row))) missing += 1;
        if (depth < -1 && !isStage(picture.at(column, row))) spilled += 1;
      }
    }
    // Tissue may have the very colour of the stage here and there, never in numbers.
    assert.ok(missing < 200, `${missing} pixels were not drawn at ${x}, ${y}`);
    assert.equal(spilled, 0, `pixels drawn beyond the slide at ${x}, ${y}`);
  }
  assert.deepEqual(tab.faults, []);
  await tab.close();
});
