// What is on the screen before the tiles are: the thumbnail, in the place of the slide.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Pages } from "./harness/pages.js";
import { REFERENCE, referenceColour } from "./harness/reference.js";

const pages = new Pages(({ site }) => site.packReference("reference"));

/** The parts of the stage in pictures of this file. */
const SHOWN = "#slide, #thumbnail";
/** A thumbnail is a few times smaller than the slide, and JPEG besides. */
const TOLERANCE = 12;

/** Opens a view with no tile arriving, and waits for the thumbnail. */
async function openWithoutTiles(hash) {
  const tab = await pages.open(`/view/reference?drawer=canvas${hash}`, { shouldFail: (url) => url.includes("_files/") });
  await tab.page.locator("#thumbnail.placed").waitFor();
  await tab.page.locator("#notice").waitFor();
  return tab;
}

/** The mean difference of what is drawn from the slide's colour at places in a grid. `slideAt(x, y)` is where they are. */
function meanDifference(picture, slideAt) {
  const differences = [];
  for (let y = 20; y < picture.height; y += 40) {
    for (let x = 20; x < picture.width; x += 40) {
      const [slideX, slideY] = slideAt(x + 0.5, y + 0.5);
      const margin = Math.min(slideX, slideY, REFERENCE.width - slideX, REFERENCE.height - slideY);
      if (margin < 20) continue;
      const [drawn, expected] = [picture.colourAt(x, y), referenceColour(slideX, slideY)];
      differences.push(...drawn.map((value, channel) => Math.abs(value - expected[channel])));
    }
  }
  assert.ok(differences.length > 300, `${differences.length} values compared`);
  return differences.reduce((sum, difference) => sum + difference, 0) / differences.length;
}

test("the thumbnail is shown in the place of the slide before any script has run", async () => {
  const tab = await pages.open("/view/reference", { shouldFail: (url) => url.includes("/assets/") && url.endsWith(".js") });
  await tab.page.locator("#thumbnail").evaluate((image) => image.decode());
  const box = await tab.page.locator("#stage").boundingBox();
  const image = await tab.page.locator("#thumbnail").evaluate((image) => {
    const { width, height } = image.getBoundingClientRect();
    return { width, height, fit: getComputedStyle(image).objectFit, ratio: image.naturalWidth / image.naturalHeight };
  });
  assert.deepEqual([image.width, image.height, image.fit], [box.width, box.height, "contain"]);
  assert.ok(Math.abs(image.ratio - REFERENCE.width / REFERENCE.height) < 0.02);
  await tab.close();
});

for (const [name, hash] of [
  ["the whole slide", ""],
  ["a part of it", "#900,700,0.8"],
  ["the right edge", "#2100,900,0.5"],
]) {
  test(`where tiles are missing the thumbnail shows ${name} in the right place`, async () => {
    const tab = await openWithoutTiles(hash);
    const picture = await tab.picture(SHOWN);
    const mean = meanDifference(picture, (x, y) => [picture.view.x + x / picture.view.zoom, picture.view.y + y / picture.view.zoom]);
    assert.ok(mean < TOLERANCE, `${mean}`);
    await tab.close();
  });
}

for (const degrees of [0, 37, 90]) {
  for (const flip of [false, true]) {
    test(`the thumbnail is turned by ${degrees} degrees ${flip ? "and mirrored " : ""}with the slide`, async () => {
      const tab = await openWithoutTiles("#1100,850,0.6");
      await tab.page.evaluate(
        ([degrees, flip]) => {
          window.viewer.viewport.setRotation(degrees, true);
          window.viewer.viewport.setFlip(flip);
        },
        [degrees, flip],
      );
      await tab.page.waitForTimeout(300);
      const picture = await tab.picture(SHOWN);
      const angle = (degrees * Math.PI) / 180;
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      /** The slide is turned clockwise around the centre of the screen, and what is drawn is then mirrored. */
      function slideAt(x, y) {
        const [across, down] = [(flip ? -1 : 1) * (x - picture.width / 2), y - picture.height / 2];
        return [1100 + (across * cos + down * sin) / 0.6, 850 + (down * cos - across * sin) / 0.6];
      }
      const mean = meanDifference(picture, slideAt);
      assert.ok(mean < TOLERANCE, `${mean}`);
      await tab.close();
    });
  }
}

test("the thumbnail goes when tiles cover the view, and the description is requested once", async () => {
  const requests = [];
  const context = await pages.browser.newContext({ viewport: { width: 1200, height: 800 } });
  const page = await context.newPage();
  page.on("request", (request) => requests.push(new URL(request.url()).pathname));
  await page.goto(`${pages.site.url}/view/reference?drawer=canvas`);
  await page.waitForFunction(() => window.viewer?.isOpen() && !document.getElementById("thumbnail"));
  assert.equal(requests.filter((path) => path === "/slides/reference").length, 1, "what was preloaded is used");
  assert.equal(requests.filter((path) => path.endsWith("/thumbnail")).length, 1);
  assert.equal(requests.filter((path) => path.endsWith(".dzi")).length, 0, "the description says everything");
  await context.close();
});
