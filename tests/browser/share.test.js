// Sharing what is on display: the link, the picture, the frame in another page.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { PNG } from "pngjs";
import { violations } from "./harness/axe.js";
import { Tab } from "./harness/browser.js";
import { packBoth, Pages } from "./harness/pages.js";
import { Picture } from "./harness/picture.js";
import { compareToReference, referenceColour } from "./harness/reference.js";
import { CMU, slideTest } from "./harness/slides.js";
import { assertNear, stageColour, viewOf } from "./harness/view.js";

const pages = new Pages(async ({ site }) => {
  await packBoth(site);
  await site.packReference("second", "--mode", "exact");
});

const OPTIONS = ["Scale bar", "Caption", "Measurements"];
const CLIPBOARD = { permissions: ["clipboard-read", "clipboard-write"] };
/** The slide fills the stage here, also when it is rotated by a quarter. */
const MIDDLE = "#1150,850,1";

/** Opens the panel and returns it. */
async function openPanel(tab) {
  const panel = tab.page.locator("#panel-share");
  if (!(await panel.isVisible())) await tab.press("s");
  await panel.waitFor();
  return panel;
}

/** Chooses these options of the picture and no others. */
async function choose(tab, chosen) {
  const panel = await openPanel(tab);
  for (const name of OPTIONS) await panel.getByRole("checkbox", { name }).setChecked(chosen.includes(name));
}

/** Saves the picture with these options. Returns the name of its file, and the picture. */
async function save(tab, chosen = []) {
  await choose(tab, chosen);
  const download = tab.page.waitForEvent("download");
  await tab.page.getByRole("button", { name: "Save picture" }).click();
  return readDownload(await download);
}

async function readDownload(download) {
  return { name: download.suggestedFilename(), png: PNG.sync.read(await readFile(await download.path())) };
}

/** The size of the slide's element in pixels of the screen. */
function slideSize(tab) {
  return tab.page.evaluate(() => {
    const { x, y } = window.viewer.viewport.getContainerSize();
    return { width: x, height: y };
  });
}

/** A saved picture with the view that it shows, if nothing is rotated. */
async function withView(tab, png, scale = 1) {
  const corner = await tab.page.evaluate(() => {
    const { viewport } = window.viewer;
    const { x, y } = viewport.viewerElementToImageCoordinates(new OpenSeadragon.Point(0, 0));
    return { x, y, zoom: viewport.viewportToImageZoom(viewport.getZoom(true)) };
  });
  return new Picture(png, { ...corner, zoom: corner.zoom * scale });
}

/** What is at some places of the screen on the slide, in slide pixels. */
function slidePlaces(tab, places) {
  return tab.page.evaluate((places) => {
    const item = window.viewer.world.getItemAt(0);
    return places.map(([x, y]) => {
      const point = window.viewer.viewport.pointFromPixel(new OpenSeadragon.Point(x + 0.5, y + 0.5), true);
      const place = item.viewportToImageCoordinates(point, true);
      return [place.x, place.y];
    });
  }, places);
}

function assertColour(actual, expected, what) {
  actual.forEach((value, channel) => assertNear(value, expected[channel], 20, `${what}, channel ${channel}`));
}

test("the copied link opens the same place, rotation and measurement", async () => {
  const hash = "#1200.5,700.5,0.8&r=90&m=d100_200_300_400~edge";
  const tab = await pages.view("reference", hash, CLIPBOARD);
  await tab.press("ArrowRight");
  await tab.settled();
  const panel = await openPanel(tab);
  await panel.getByRole("button", { name: "Copy link" }).click();
  await panel.getByText("Copied.").waitFor();
  const link = await tab.page.evaluate(() => navigator.clipboard.readText());
  assert.equal(link, await panel.getByLabel(/^Shows the same/).inputValue(), "the field shows the link");
  const before = await viewOf(tab);
  const other = await Tab.open(pages.browser, link);
  await other.settled();
  const after = await viewOf(other);
  for (const name of ["x", "y"]) assertNear(after[name], before[name], 0.1, name);
  assertNear(after.zoom, before.zoom, 1e-4, "zoom");
  assert.equal(await other.page.evaluate(() => window.viewer.viewport.getRotation()), 90);
  assert.match(await other.page.evaluate(() => window.page.link.href()), /m=d100_200_300_400~edge/);
  assert.deepEqual([...tab.problems, ...other.problems], []);
  await tab.close();
  await other.close();
});

test("the link on display follows the view while the panel is open", async () => {
  const tab = await pages.view("reference", MIDDLE);
  const panel = await openPanel(tab);
  const field = panel.getByLabel(/^Shows the same/);
  const before = await field.inputValue();
  await tab.page.evaluate(() => {
    location.hash = "#700,600,0.5";
  });
  await tab.page.waitForFunction(
    (before) => {
      const { value } = document.getElementById("share-link");
      return value !== before && value.includes("#700,600,0.5");
    },
    before,
  );
  assert.match(await panel.getByLabel(/^HTML/).inputValue(), /#700,600,0\.5/);
  await tab.close();
});

test("without a clipboard the link is selected and the keys to press are said", async () => {
  const tab = await pages.view("reference", MIDDLE);
  const panel = await openPanel(tab);
  await tab.page.evaluate(() => {
    Object.defineProperty(navigator, "clipboard", { value: undefined });
    document.execCommand = () => false;
  });
  await panel.getByRole("button", { name: "Copy link" }).click();
  await panel.getByText(/^Press Ctrl\+C/).waitFor();
  const { value, selected } = await tab.page.evaluate(() => {
    const { value, selectionStart, selectionEnd } = document.activeElement;
    return { value, selected: value.slice(selectionStart, selectionEnd) };
  });
  assert.match(value, /\/view\/reference/);
  assert.equal(selected, value);
  await tab.close();
});

for (const drawer of ["canvas", "webgl"]) {
  test(`a saved picture has the pixels that ${drawer} draws, and nothing over them`, async () => {
    const tab = await pages.view("reference", "#300,200,1", { drawer });
    const { name, png } = await save(tab);
    assert.equal(name, "reference.png_x300_y200_z1.png");
    const size = await slideSize(tab);
    assert.deepEqual({ width: png.width, height: png.height }, size);
    const result = compareToReference(await withView(tab, png), await stageColour(tab));
    const numbers = JSON.stringify(result);
    assert.ok(result.inside > 50_000, numbers);
    assert.ok(result.mean < 2, numbers);
    assert.ok(result.worst < 16, numbers);
    assert.equal(result.spilled, 0, `around the slide is the stage: ${numbers}`);
    assert.deepEqual(tab.problems, []);
    await tab.close();
  });
}

test("a picture from a screen with two pixels for one has all of them", async () => {
  const tab = await pages.view("reference", "#1150,850,0.5", { deviceScaleFactor: 2 });
  const { png } = await save(tab);
  const { width, height } = await slideSize(tab);
  assert.deepEqual([png.width, png.height], [2 * width, 2 * height]);
  const result = compareToReference(await withView(tab, png, 2), await stageColour(tab));
  assert.ok(result.mean < 2.5, JSON.stringify(result));
  await tab.close();
});

test("a picture of a slide that is rotated and inverted is rotated and inverted", async () => {
  const tab = await pages.view("reference", `${MIDDLE}&r=90&look=i`);
  const { png } = await save(tab);
  const picture = new Picture(png, null);
  const places = [
    [310, 200],
    [705, 510],
    [900, 150],
    [120, 620],
  ];
  for (const [index, [x, y]] of (await slidePlaces(tab, places)).entries()) {
    const expected = referenceColour(x, y).map((value) => 255 - value);
    assertColour(picture.colourAt(...places[index]), expected, `at ${places[index]}`);
  }
  await tab.close();
});

/** Black pixels side by side at most, in the first `rows` rows. Nothing on the reference slide is as dark. */
function longestBlackRun({ width, data }, rows) {
  let longest = 0;
  for (let y = 0; y < rows; y += 1) {
    let run = 0;
    for (let x = 0; x < width; x += 1) {
      const offset = 4 * (y * width + x);
      run = Math.max(...data.subarray(offset, offset + 3)) < 25 ? run + 1 : 0;
      longest = Math.max(longest, run);
    }
  }
  return longest;
}

for (const deviceScaleFactor of [1, 2]) {
  test(`the scale bar of a picture has the right length, with ${deviceScaleFactor} pixels for one`, async () => {
    const tab = await pages.view("reference", "#1150,850,0.5", { deviceScaleFactor });
    const { height } = await slideSize(tab);
    const rows = height * deviceScaleFactor;
    const { png } = await save(tab, ["Scale bar"]);
    assert.equal(png.height, rows);
    assert.equal(await tab.page.locator("#scale-label").innerText(), "200 px");
    // 200 slide pixels at half a screen pixel each.
    assertNear(longestBlackRun(png, rows), 100 * deviceScaleFactor, 1, "the bar");
    const { png: without } = await save(tab);
    assert.ok(longestBlackRun(without, rows) < 10, "no bar");
    await tab.close();
  });
}

slideTest("the scale bar of a picture of a real slide is as long as its micrometres", async () => {
  const tab = await pages.view(CMU.id, "#1110,1480,1");
  const expected = await tab.page.evaluate(() => Number.parseFloat(document.getElementById("scale-bar").style.width));
  const label = await tab.page.locator("#scale-label").innerText();
  assertNear(expected * CMU.mpp, Number.parseFloat(label), 0.1, "the bar on the screen");
  const { png } = await save(tab, ["Scale bar"]);
  assertNear(longestBlackRun(png, png.height), expected, 1.01, "the bar in the picture");
  await tab.close();
});

test("a caption is below the picture and covers none of it", async () => {
  const tab = await pages.view("reference", MIDDLE);
  const { png: plain } = await save(tab);
  const { png } = await save(tab, ["Caption"]);
  assert.ok(png.height > plain.height + 30, `${png.height} rows with a caption, ${plain.height} without`);
  const above = png.data.subarray(0, plain.data.length);
  assert.ok(above.equals(plain.data), "the same pixels above it");
  assert.deepEqual(new Picture(png, null).colourAt(2, plain.height + 2), [255, 255, 255]);
  const strip = { width: png.width, data: png.data.subarray(plain.data.length) };
  assert.ok(longestBlackRun(strip, png.height - plain.height) > 0, "there is text in it");
  await tab.close();
});

test("measurements are drawn where they are, unless they are left out", async () => {
  const tab = await pages.view("reference", `${MIDDLE}&m=d1000_850_1300_850`);
  const { width, height } = await slideSize(tab);
  const onLine = [width / 2 - 100, height / 2].map(Math.floor);
  const drawn = new Picture((await save(tab, ["Measurements"])).png, null).colourAt(...onLine);
  assert.ok(Math.min(...drawn) > 235, `${drawn} on the line`);
  const without = new Picture((await save(tab)).png, null).colourAt(...onLine);
  assertColour(without, referenceColour(1050.5, 850.5), "without the line");
  await tab.close();
});

test("a picture waits for the tiles in view", async () => {
  const tab = await pages.view("reference", "#1150,850,0.25");
  const panel = await openPanel(tab);
  await choose(tab, []);
  let release;
  const released = new Promise((done) => (release = done));
  await tab.page.route(/_files\/12\//, async (route) => {
    await released;
    await route.continue();
  });
  await tab.page.evaluate(() => {
    location.hash = "#1150,850,1";
  });
  await tab.page.waitForFunction(() => {
    const { viewport } = window.viewer;
    return Math.abs(viewport.viewportToImageZoom(viewport.getZoom(true)) - 1) < 1e-6;
  });
  const download = tab.page.waitForEvent("download");
  await panel.getByRole("button", { name: "Save picture" }).click();
  await panel.getByText("Waiting for tiles…").waitFor();
  release();
  const { png } = await readDownload(await download);
  const result = compareToReference(await withView(tab, png), await stageColour(tab));
  assert.ok(result.mean < 2 && result.worst < 16, JSON.stringify(result));
  await panel.getByText(/^Saved as [^,]+\.png\.$/).waitFor();
  await tab.close();
});

test("a picture of a comparison shows both slides", async () => {
  const tab = await pages.view("reference", `${MIDDLE}&with=second&as=side`);
  await tab.page.waitForFunction(() => {
    const second = window.page.compare.viewer;
    return second?.isOpen() && second.world.getItemAt(0).getFullyLoaded();
  });
  const { png } = await save(tab);
  const stage = await tab.page.locator("#stage").boundingBox();
  assertNear(png.width, stage.width, 1, "width");
  const { place, at } = await tab.page.evaluate(() => {
    const { viewer } = window.page.compare;
    const [box, stage] = [viewer.element, document.getElementById("stage")].map((part) => part.getBoundingClientRect());
    const inside = { x: Math.floor(box.width / 2), y: Math.floor(box.height / 2) };
    const point = viewer.viewport.pointFromPixel(new OpenSeadragon.Point(inside.x + 0.5, inside.y + 0.5), true);
    const place = viewer.world.getItemAt(0).viewportToImageCoordinates(point, true);
    return {
      place: [place.x, place.y],
      at: [Math.round(box.left - stage.left) + inside.x, Math.round(box.top - stage.top) + inside.y],
    };
  });
  assertColour(new Picture(png, null).colourAt(...at), referenceColour(...place), "the middle of the second slide");
  await tab.close();
});

test("a picture is copied as PNG", async () => {
  const tab = await pages.view("reference", MIDDLE, CLIPBOARD);
  await choose(tab, []);
  const panel = await openPanel(tab);
  await panel.getByRole("button", { name: "Copy picture" }).click();
  await panel.getByText("Picture copied.").waitFor();
  const size = await tab.page.evaluate(async () => {
    const [item] = await navigator.clipboard.read();
    const { width, height } = await createImageBitmap(await item.getType("image/png"));
    return { width, height };
  });
  assert.deepEqual(size, await slideSize(tab));
  await tab.close();
});

for (const [what, name, words] of [
  ["may not be read", "SecurityError", /does not let pages read/],
  ["is too large", null, /too large for this browser/],
]) {
  test(`a picture that ${what} is said to be so`, async () => {
    const tab = await pages.view("reference", MIDDLE);
    const panel = await openPanel(tab);
    await tab.page.evaluate((name) => {
      HTMLCanvasElement.prototype.toBlob = (done) => {
        if (name) throw new DOMException("refused", name);
        done(null);
      };
    }, name);
    await panel.getByRole("button", { name: "Save picture" }).click();
    await panel.getByText(words).waitFor();
    assert.deepEqual(tab.problems, []);
    await tab.close();
  });
}

test("the HTML to embed shows the same view in another page", async () => {
  const tab = await pages.view("reference", "#900,700,0.7&r=45");
  const panel = await openPanel(tab);
  const html = await panel.getByLabel(/^HTML/).inputValue();
  const page = await tab.context.newPage();
  await page.setContent(`<!doctype html><title>Another page</title>${html}`);
  const frame = await (await page.waitForSelector("iframe")).contentFrame();
  await frame.waitForFunction(() => window.page && window.viewer?.isOpen());
  const { x, y, zoom, rotation } = await frame.evaluate(() => {
    const { viewport, world } = window.viewer;
    const { x, y } = world.getItemAt(0).viewportToImageCoordinates(viewport.getCenter(true), true);
    return { x, y, zoom: viewport.viewportToImageZoom(viewport.getZoom(true)), rotation: viewport.getRotation() };
  });
  assertNear(x, 900, 0.1, "column");
  assertNear(y, 700, 0.1, "row");
  assertNear(zoom, 0.7, 1e-4, "zoom");
  assert.equal(rotation, 45);
  await tab.close();
});

for (const colorScheme of ["light", "dark"]) {
  test(`everybody can use the panel in ${colorScheme} colours`, async () => {
    const tab = await pages.view("reference", MIDDLE, { colorScheme });
    const panel = await openPanel(tab);
    await panel.getByRole("button", { name: "Copy link" }).click();
    await panel.locator(".copy-state:visible").first().waitFor();
    assert.deepEqual(await violations(tab.page), []);
    await tab.press("Escape");
    assert.equal(await panel.isVisible(), false);
    await tab.close();
  });
}

test("the panel fits on a narrow phone", async () => {
  const viewport = { width: 320, height: 568 };
  const tab = await pages.view("reference", "", { viewport, isMobile: true, hasTouch: true });
  const panel = await openPanel(tab);
  const overflow = await panel.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth);
  assert.ok(overflow <= 0, `${overflow} px wider than the panel`);
  assert.equal(await tab.page.evaluate(() => document.documentElement.scrollWidth), 320);
  await tab.close();
});
