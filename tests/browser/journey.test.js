// One visit from beginning to end: open the gallery, find a slide, zoom, measure, compare, share, reload.

import assert from "node:assert/strict";
import { test } from "node:test";
import { packBoth, Pages } from "./harness/pages.js";
import { compareToReference } from "./harness/reference.js";
import { assertNear, stageColour, viewOf } from "./harness/view.js";

const pages = new Pages(async ({ site }) => {
  await packBoth(site);
  await site.packReference("Präparat-7", "--mode", "exact");
  await site.packReference("слайд", "--mode", "stored");
});

/** The texts of the list of measurements. */
function measurements(tab) {
  return tab.page.locator(".measure-title").allInnerTexts();
}

async function secondSettled(tab) {
  await tab.settled();
  await tab.page.waitForFunction(() => window.page?.compare?.viewer?.world.getItemAt(0)?.getFullyLoaded());
}

/** Clicks at a place of the slide's element, in pixels from its middle. */
async function click(tab, [x, y]) {
  const box = await tab.page.locator("#slide").boundingBox();
  await tab.page.mouse.click(box.x + box.width / 2 + x, box.y + box.height / 2 + y);
}

test("a visit: open, find, zoom, measure, compare, share, reload", async () => {
  const tab = await pages.open("/", { permissions: ["clipboard-read", "clipboard-write"] });
  await tab.page.locator("[data-slide]").first().waitFor();

  // Find: accents and case do not matter.
  await tab.press("/");
  await tab.page.keyboard.type("praparat");
  await tab.page.waitForFunction(() => document.querySelectorAll("[data-slide]").length === 1);
  await tab.page.locator('[data-slide="Präparat-7"] a').click();
  await tab.settled();
  assert.ok(tab.page.url().includes(`/view/${encodeURIComponent("Präparat-7")}`), tab.page.url());
  assert.equal(await tab.page.locator("#name").innerText(), "reference.png");

  // Zoom.
  await tab.page.getByRole("button", { name: "1:1" }).click();
  await tab.settled();
  assertNear((await viewOf(tab)).zoom, 1, 1e-3, "zoom");
  assert.equal(await tab.page.locator("#thumbnail").count(), 0, "the thumbnail has made room for the tiles");

  // Measure.
  await tab.press("m");
  await tab.page.locator("#panel-measure").getByRole("button", { name: "Distance", exact: true }).click();
  await click(tab, [0, 0]);
  await click(tab, [250, 0]);
  await tab.press("Enter");
  assert.deepEqual(await measurements(tab), ["1. Distance: 250 px"]);
  await tab.press("Escape", 2);

  // Compare: both show the same place.
  await tab.press("c");
  await tab.page.locator("#panel-compare").locator('[data-slide="слайд"]').click();
  await secondSettled(tab);
  const second = await tab.page.evaluate(() => {
    const { viewport } = window.page.compare.viewer;
    const { x, y } = viewport.viewportToImageCoordinates(viewport.getCenter(true));
    return { x, y };
  });
  const first = await viewOf(tab);
  assertNear(second.x, first.x, 0.5, "column of the second");
  assertNear(second.y, first.y, 0.5, "row of the second");
  await tab.press("Escape");

  // Share.
  await tab.press("s");
  await tab.page.locator("#panel-share").getByRole("button", { name: "Copy link" }).click();
  const link = await tab.page.waitForFunction(() => navigator.clipboard.readText());
  const url = await link.jsonValue();
  const download = tab.page.waitForEvent("download");
  await tab.page.getByRole("button", { name: "Save picture" }).click();
  assert.match((await download).suggestedFilename(), /\.png$/);

  // Whoever opens the link sees the same, and so does whoever reloads.
  await tab.page.reload();
  await secondSettled(tab);
  const other = await pages.open(url.slice(pages.site.url.length));
  await secondSettled(other);
  for (const { page, view } of [
    { page: tab, view: await viewOf(tab) },
    { page: other, view: await viewOf(other) },
  ]) {
    assertNear(view.x, first.x, 1, "column");
    assertNear(view.y, first.y, 1, "row");
    assertNear(view.zoom, first.zoom, 1e-3, "zoom");
    await page.press("m");
    assert.deepEqual(await measurements(page), ["1. Distance: 250 px"]);
    await page.press("Escape");
  }
  await other.page.evaluate(() => window.page.compare.close());
  await other.page.locator(".measure-figure").evaluateAll((figures) => figures.forEach((figure) => figure.remove()));
  await other.settled();
  const drawn = compareToReference(await other.picture(), await stageColour(other));
  assert.ok(drawn.mean < 3, JSON.stringify(drawn));
  assert.deepEqual(tab.problems, []);
  assert.deepEqual(other.problems, []);
  await other.close();
  await tab.close();
});
