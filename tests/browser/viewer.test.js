// The viewer around the slide: links to a view, keys, panels, and what it says when something is missing.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { test } from "node:test";
import { Tab } from "./harness/browser.js";
import { packBoth, Pages } from "./harness/pages.js";
import { compareToReference, REFERENCE } from "./harness/reference.js";
import { assertNear, viewOf } from "./harness/view.js";

const pages = new Pages(async ({ site }) => {
  await packBoth(site);
  await writeFile(site.packPath("broken"), "not a pack");
});

test("a link to a view restores it, and moving rewrites the link", async () => {
  const tab = await pages.view("reference", "#1200.5,700.5,0.8");
  const first = await viewOf(tab);
  assertNear(first.x, 1200.5, 0.01, "column");
  assertNear(first.y, 700.5, 0.01, "row");
  assertNear(first.zoom, 0.8, 1e-6, "zoom");
  await tab.press("ArrowRight");
  await tab.page.waitForFunction(() => !location.hash.startsWith("#1200.5"));
  await tab.settled();
  const moved = await viewOf(tab);
  assert.ok(moved.x > 1250, `${moved.x} is further to the right`);
  const other = await Tab.open(pages.browser, tab.page.url());
  await other.settled();
  const restored = await viewOf(other);
  assertNear(restored.x, moved.x, 0.1, "column");
  assertNear(restored.y, moved.y, 0.1, "row");
  assertNear(restored.zoom, moved.zoom, 1e-4, "zoom");
  assert.deepEqual([...tab.problems, ...other.problems], []);
  await tab.close();
  await other.close();
});

test("a link without a valid view shows the whole slide", async () => {
  const tab = await pages.view("reference", "#nonsense");
  const whole = await viewOf(tab);
  assertNear(whole.x, REFERENCE.width / 2, 0.5, "column");
  assertNear(whole.y, REFERENCE.height / 2, 0.5, "row");
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

/** Presses a key, and returns how far it moved the view and by what factor it zoomed. */
async function changeBy(tab, key) {
  const before = await viewOf(tab);
  await tab.press(key);
  await tab.settled();
  const now = await viewOf(tab);
  return { x: now.x - before.x, y: now.y - before.y, zoom: now.zoom / before.zoom };
}

test("keys pan, zoom and open the panels wherever the focus is", async () => {
  const tab = await pages.view("reference", "#1100,800,0.5");
  assert.ok((await changeBy(tab, "+")).zoom > 1.2);
  assert.ok((await changeBy(tab, "-")).zoom < 0.8);
  assert.ok((await changeBy(tab, "ArrowLeft")).x < -50);
  assert.ok((await changeBy(tab, "ArrowUp")).y < -50);
  await changeBy(tab, "1");
  assertNear((await viewOf(tab)).zoom, 1, 1e-6, "key 1");
  await changeBy(tab, "0");
  assertNear((await viewOf(tab)).x, REFERENCE.width / 2, 0.5, "key 0");
  await tab.press("i");
  assert.equal(await tab.page.locator("#details").isVisible(), true);
  assert.equal((await changeBy(tab, "ArrowDown")).y, 0, "arrow keys scroll the open panel");
  await tab.press("Escape");
  assert.equal(await tab.page.locator("#details").isVisible(), false);
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

test("full page covers the page and Escape leaves it", async () => {
  const tab = await pages.view("reference");
  const button = tab.page.getByRole("button", { name: "Full page" });
  await button.click();
  const box = await tab.page.locator("#stage").boundingBox();
  assert.deepEqual([box.x, box.y], [0, 0]);
  assert.ok(await button.isVisible(), "there is a way out without a keyboard");
  await tab.press("Escape");
  await tab.page.waitForFunction(() => document.getElementById("stage").getBoundingClientRect().top > 0);
  await tab.close();
});

test("the details name every level with its size", async () => {
  const tab = await pages.view("reference");
  await tab.page.getByRole("button", { name: "Details" }).click();
  const rows = await tab.page.locator("#levels tbody tr").allInnerTexts();
  let { width, height } = REFERENCE;
  for (const row of rows) {
    assert.ok(row.replaceAll(",", "").includes(`${width} × ${height}`), `${width} × ${height} in ${row}`);
    [width, height] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  }
  assert.equal(rows.length, 13);
  assert.match(await tab.page.locator("#metadata").innerText(), /reference\.png/);
  assert.match(await tab.page.locator("#levels-summary").innerText(), /of tiles/);
  assert.ok((await tab.page.locator("#quality tbody tr").count()) >= 2, "the measured quality is shown");
  await tab.close();
});

for (const [id, status, words] of [
  ["nowhere", 404, "no slide “nowhere”"],
  ["broken", 500, "damaged"],
]) {
  test(`the page of the slide “${id}” has the status ${status} and says why`, async () => {
    const tab = await pages.open(`/view/${id}`);
    await tab.page.locator("#message").waitFor();
    assert.equal(tab.response.status(), status);
    assert.ok((await tab.page.locator("#message").innerText()).includes(words));
    assert.equal(await tab.page.locator("#zoom").isVisible(), false);
    await tab.page.locator("#message").getByRole("link").click();
    await tab.page.locator('[data-slide="reference"]').waitFor();
    await tab.close();
  });
}

test("tiles that stay missing are reported", async () => {
  const tab = await pages.open("/view/reference?drawer=canvas#1100,800,1", {
    shouldFail: (url) => url.includes("_files/12/"),
  });
  await tab.page.locator("#notice").waitFor();
  assert.match(await tab.page.locator("#notice").innerText(), /\d+ tiles? could not be loaded/);
  await tab.close();
});

test("a tile that fails at first is requested again", async () => {
  const refused = new Set();
  /** The first request for each tile of full resolution fails. */
  function shouldFail(url) {
    const fails = url.includes("_files/12/") && !refused.has(url);
    if (fails) refused.add(url);
    return fails;
  }
  const tab = await pages.view("reference", "#1100,800,1", { shouldFail });
  for (let tries = 0; tries < 300 && fullTiles(tab) < refused.size; tries += 1) await tab.page.waitForTimeout(100);
  const arrived = fullTiles(tab);
  assert.ok(refused.size >= 9 && arrived === refused.size, `${arrived} of ${refused.size} refused tiles arrived later`);
  await tab.settled();
  const drawn = compareToReference(await tab.picture(), [0, 0, 0]);
  assert.ok(drawn.mean < 2.5 && drawn.worst < 16, JSON.stringify(drawn));
  assert.equal(await tab.page.locator("#notice").isVisible(), false);
  await tab.close();
});

/** The number of tiles of full resolution that have arrived. */
function fullTiles(tab) {
  return tab.tiles.filter((tile) => tile.z === 12).length;
}
