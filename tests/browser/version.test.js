// What the pages do when a slide is replaced on the server while they are open.

import assert from "node:assert/strict";
import { copyFile, rename } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { carryView } from "../../crates/server/viewer/src/view/view-link.js";
import { Pages } from "./harness/pages.js";
import { difference, tissueShare } from "./harness/picture.js";
import { compareToReference, REFERENCE } from "./harness/reference.js";
import { CMU, slideTest } from "./harness/slides.js";
import { assertApart, assertNear, assertOnScreen, stageColour, viewOf } from "./harness/view.js";

/** A folder for screenshots of the notice, if any are wanted. */
const SCREENSHOTS = process.env.ORIGAMI_SHOTS;

/** Packs that are copied into the served folder, which is empty at first. This folder itself is not served. */
let store;
const pages = new Pages(async (pages) => {
  store = await pages.addSite();
  await store.packReference("reference");
  if (CMU.file) await store.pack(CMU.file, "tissue");
});

/**
 * Replaces the pack of the slide `id`, atomically, by the pack `stored`, "reference" or "tissue". Waits until the server
 * has noticed, and returns its description of the slide.
 */
async function replacePack(id, stored) {
  const { site } = pages;
  const temporary = path.join(site.packs, `.${id}.new`);
  await copyFile(store.packPath(stored), temporary);
  await rename(temporary, site.packPath(id));
  const source = path.basename(stored === "tissue" ? CMU.file : "reference.png");
  for (let tries = 0; tries < 200; tries += 1) {
    const response = await fetch(`${site.url}/slides/${id}`);
    if (response.ok) {
      const slide = await response.json();
      if (slide.source === source) return slide;
    }
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`${id} does not become ${source}`);
}

/** The responses to all requests for tiles from now on: the version in the URL, and the status. */
function recordTiles(tab) {
  const responses = [];
  tab.page.on("response", (response) => {
    const url = new URL(response.url());
    if (!url.pathname.includes("_files/")) return;
    responses.push({ version: url.searchParams.get("v"), status: response.status() });
  });
  return responses;
}

/** Fails unless two views of different slides show the same relative position and the same part of the width. */
function assertSamePlace(now, before) {
  assertNear(now.x / CMU.width, before.x / REFERENCE.width, 1e-3, "share of the width");
  assertNear(now.y / CMU.height, before.y / REFERENCE.height, 1e-3, "share of the height");
  assertNear((now.zoom * CMU.width) / (before.zoom * REFERENCE.width), 1, 1e-3, "magnification");
}

test("a view is carried to another version by place and by micrometres", () => {
  const [from, to] = [{ width: 1000, height: 800, mpp: [0.5, 0.5] }, { width: 4000, height: 1600, mpp: [0.25, 0.25] }];
  const view = { x: 250, y: 200, zoom: 0.8 };
  assert.deepEqual(carryView(view, from, to), { x: 1000, y: 400, zoom: 0.4 });
  assert.deepEqual(carryView(view, from, from), view);
  const unknown = { ...to, mpp: null };
  assert.deepEqual(carryView(view, from, unknown), { x: 1000, y: 400, zoom: 0.2 });
  assert.deepEqual(carryView(view, unknown, from), { x: 62.5, y: 100, zoom: 3.2 });
});

/** After the slide was replaced: the old version, the reference slide, stays on the screen, and nothing is added. */
async function assertOldVersion(tab, responses, generation) {
  const refused = responses.every(({ version, status }) => version === generation && status === 410);
  assert.ok(responses.length > 0 && refused, JSON.stringify(responses));
  const drawn = compareToReference(await tab.picture(), await stageColour(tab));
  assert.ok(drawn.mean < 30, `only the old version is drawn, even if blurred: ${JSON.stringify(drawn)}`);
  assert.match(await tab.page.locator("#facts").innerText(), /2,317 × 1,709 px/);
}

/** After the switch to the new version, the real slide: all tiles, facts and controls are of that version. */
async function assertNewVersion(tab, responses, generation) {
  // Requests for the old version may still be in progress. They fail.
  const successes = responses.filter(({ status }) => status === 200);
  const current = successes.every(({ version }) => version === generation);
  assert.ok(successes.length > 0 && current, JSON.stringify(responses));
  assert.match(await tab.page.locator("#facts").innerText(), /2,220 × 2,967 px/);
  assert.match(await tab.page.locator("#scale-label").innerText(), /µm|mm/, "the scale bar is the new version's");
  const objective = tab.page.getByRole("button", { name: "20×", exact: true });
  assert.ok(await objective.isVisible(), "and so are the objectives");
}

/** The page shows the same as another page that is opened now, at the same view. */
async function assertSameAsNewPage(tab, id, drawer) {
  const picture = await tab.picture();
  const { x, y, zoom } = await viewOf(tab);
  const other = await pages.view(id, `#${x},${y},${zoom}`, { drawer });
  const apart = difference(picture, await other.picture());
  assert.ok(apart < 2, `${apart} from a page that never saw the old version`);
  assert.ok(tissueShare(picture) > 0.05, "tissue is on the screen");
  await other.close();
}

for (const drawer of ["canvas", "webgl"]) {
  slideTest(`a notice offers the new version of a replaced slide, and opens it at the same place (${drawer})`, async () => {
    const id = `changing-${drawer}`;
    const first = await replacePack(id, "reference");
    const tab = await pages.view(id, "#700,600,1", { drawer });
    assert.deepEqual(tab.problems, []);
    const notice = tab.page.locator("#changed");
    assert.equal(await notice.isVisible(), false);
    const second = await replacePack(id, "tissue");
    assert.notEqual(first.generation, second.generation);
    const responses = recordTiles(tab);
    await tab.press("ArrowRight", 4);
    await notice.waitFor();
    assert.match(await notice.innerText(), /changed on the server/);
    assert.equal(await notice.getAttribute("role"), "alert");
    await assertOldVersion(tab, responses, first.generation);
    const before = await viewOf(tab);

    responses.length = 0;
    await tab.page.getByRole("button", { name: "Show the new version" }).click();
    await notice.waitFor({ state: "hidden" });
    await tab.settled();
    const now = await viewOf(tab);
    assertSamePlace(now, before);
    await assertNewVersion(tab, responses, second.generation);
    await assertSameAsNewPage(tab, id, drawer);

    // The address is written a moment later.
    await tab.page.waitForFunction(({ x, y }) => {
      const [linkX, linkY] = location.hash.slice(1).split(",").map(Number);
      return Math.abs(linkX - x) <= 0.1 && Math.abs(linkY - y) <= 0.1;
    }, now);
    await tab.press("ArrowLeft");
    await tab.settled();
    assert.equal(await notice.isVisible(), false);
    await tab.close();
  });
}

function focusedId(tab) {
  return tab.page.evaluate(() => document.activeElement.id);
}

slideTest("the notice of a changed slide can be used with the keyboard, in full page too", async () => {
  await replacePack("keys", "tissue");
  const tab = await pages.view("keys", "#1110,1480,1");
  await tab.press("f");
  await tab.settled();
  await replacePack("keys", "reference");
  await tab.press("ArrowDown", 4);
  await tab.page.locator("#changed").waitFor();
  for (let n = 0; n < 90 && (await focusedId(tab)) !== "changed-show"; n += 1) await tab.press("Tab");
  assert.equal(await focusedId(tab), "changed-show");
  await tab.press("Enter");
  await tab.page.locator("#changed").waitFor({ state: "hidden" });
  await tab.settled();
  const [onSlide, fullPage] = await tab.page.evaluate(() => [
    document.getElementById("slide").contains(document.activeElement),
    document.getElementById("stage").classList.contains("full-page"),
  ]);
  assert.ok(onSlide, "focus goes to the slide");
  assert.ok(fullPage, "the page stays full");
  assert.match(await tab.page.locator("#scale-label").textContent(), /px/);
  await tab.close();
});

slideTest("a page that comes back from the background checks whether its slide has changed", async () => {
  await replacePack("back", "reference");
  const tab = await pages.view("back");
  await replacePack("back", "tissue");
  await tab.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await tab.page.locator("#changed").waitFor();
  await tab.close();
});

slideTest("a slide that is replaced between its description and its opening is opened in its new version", async () => {
  const first = await replacePack("early", "reference");
  const second = await replacePack("early", "tissue");
  let descriptions = 0;
  const context = await pages.browser.newContext();
  const page = await context.newPage();
  // The first response is what it would have been just before the slide was replaced.
  await page.route("**/slides/early", (route) => {
    descriptions += 1;
    return descriptions === 1 ? route.fulfill({ json: first }) : route.continue();
  });
  await page.goto(`${pages.site.url}/view/early?drawer=canvas`);
  await page.waitForFunction(() => window.viewer?.isOpen());
  await page.waitForFunction(() => document.getElementById("facts").textContent.includes("2,220 × 2,967 px"));
  assert.equal(await page.locator("#message").isVisible(), false);
  const tileUrl = await page.evaluate(() => window.viewer.world.getItemAt(0).source.getTileUrl(0, 0, 0));
  assert.ok(tileUrl.includes(second.generation));
  await context.close();
});

slideTest("a new version that cannot be shown is reported, and the user can try again", async () => {
  await replacePack("again", "reference");
  const tab = await pages.view("again", "#1100,800,1", { shouldFail: () => false });
  await replacePack("again", "tissue");
  await tab.press("ArrowDown", 4);
  const button = tab.page.getByRole("button", { name: "Show the new version" });
  await button.waitFor();
  const before = await viewOf(tab);
  tab.shouldFail = (url) => url.endsWith("/slides/again");
  await button.click();
  await tab.page.getByText("cannot be shown").waitFor();
  tab.shouldFail = () => false;
  await button.click();
  await tab.page.locator("#changed").waitFor({ state: "hidden" });
  await tab.settled();
  assertNear((await viewOf(tab)).y / CMU.height, before.y / REFERENCE.height, 1e-3, "share of the height");
  await tab.close();
});

slideTest("a card whose slide was replaced after it was listed shows the new version", async () => {
  await replacePack("listed", "reference");
  const list = await (await fetch(`${pages.site.url}/slides`)).json();
  await replacePack("listed", "tissue");
  const context = await pages.browser.newContext();
  const page = await context.newPage();
  await page.route("**/slides?*", (route) => route.fulfill({ json: list }));
  await page.goto(pages.site.url);
  await page.waitForFunction(() => document.querySelector('[data-slide="listed"]')?.innerText.includes("2,220 × 2,967 px"));
  await page.locator('[data-slide="listed"] img').evaluate((image) => image.decode());
  await context.close();
});

/** The places of elements on the screen. */
function boxesOf(tab, selectors) {
  return tab.page.evaluate(
    (selectors) => selectors.map((selector) => document.querySelector(selector).getBoundingClientRect().toJSON()),
    selectors,
  );
}

for (const [name, viewport] of [
  ["phone", { width: 360, height: 640 }],
  ["phone in landscape", { width: 640, height: 360 }],
  ["tablet", { width: 800, height: 1100 }],
  ["desktop", { width: 1200, height: 800 }],
]) {
  for (const colorScheme of ["light", "dark"]) {
    slideTest(`the notice of a changed slide fits the ${colorScheme} screen of a ${name}`, async () => {
      const id = `fits-${viewport.width}-${colorScheme}`;
      await replacePack(id, "tissue");
      const tab = await pages.view(id, "#1110,1480,1", { viewport, colorScheme });
      await replacePack(id, "reference");
      await tab.press("ArrowDown", 6);
      await tab.page.locator("#changed").waitFor();
      await tab.page.waitForTimeout(500);
      if (SCREENSHOTS) {
        await tab.page.screenshot({ path: path.join(SCREENSHOTS, `changed-${viewport.width}-${colorScheme}.png`) });
      }
      const boxes = await boxesOf(tab, ["#changed", ".navigator", "#rail", "#instruments", "#zoom"]);
      for (const box of boxes) assertOnScreen(box, viewport);
      const [notice, ...others] = boxes;
      for (const other of others) assertApart(notice, other);
      const button = await tab.page.locator("#changed-show").boundingBox();
      assert.ok(button.height >= 40, "large enough for a finger");
      await tab.close();
    });
  }
}
