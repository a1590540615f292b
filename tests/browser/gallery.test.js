// The gallery: its cards, its filter, long lists, an empty folder and failures.

import assert from "node:assert/strict";
import { copyFile, link, readFile, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { packBoth, Pages } from "./harness/pages.js";
import { REFERENCE } from "./harness/reference.js";
import { CMU, slideTest } from "./harness/slides.js";

/** Slides in the large folder: more than a page of the list. */
const MANY = 130;

let large;
let empty;

const pages = new Pages(async (pages) => {
  const { site } = pages;
  await packBoth(site);
  await writeFile(site.packPath("broken"), (await readFile(site.packPath("reference"))).subarray(0, 100));

  large = await pages.addSite();
  for (let i = 0; i < MANY; i += 1) {
    await link(site.packPath("reference"), large.packPath(`slide-${String(i).padStart(3, "0")}`));
  }
  await large.serve();

  empty = await pages.addSite();
  await empty.serve();
});

/** The size of a card's thumbnail, and the share of its pixels that have a colour other than gray. */
function thumbnail(tab, id) {
  return tab.page.locator(`[data-slide="${id}"] img`).evaluate(async (image) => {
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth;
    canvas.height = image.naturalHeight;
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    let coloured = 0;
    for (let i = 0; i < data.length; i += 4) {
      const [red, green, blue] = data.subarray(i, i + 3);
      if (Math.max(red, green, blue) - Math.min(red, green, blue) > 20) coloured += 1;
    }
    return { width: canvas.width, height: canvas.height, coloured: coloured / (canvas.width * canvas.height) };
  });
}

/** Waits until the gallery has this number of cards. */
function waitForCards(tab, count) {
  return tab.page.waitForFunction((count) => document.querySelectorAll("[data-slide]").length === count, count);
}

test("the gallery shows each slide with its facts and a drawn thumbnail", async () => {
  const tab = await pages.open("/");
  await tab.page.locator("[data-slide]").first().waitFor();
  const reference = await thumbnail(tab, "reference");
  assert.ok(reference.coloured > 0.9, `${reference.coloured} of the picture is coloured`);
  assert.ok(Math.abs(reference.width / reference.height - REFERENCE.width / REFERENCE.height) < 0.02);
  assert.match(await tab.page.locator('[data-slide="reference"]').innerText(), /2,317 × 1,709 px/);
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

slideTest("the gallery shows the objective and the size of a real slide", async () => {
  const tab = await pages.open("/");
  const card = tab.page.locator(`[data-slide="${CMU.id}"]`);
  await card.waitFor();
  const text = await card.innerText();
  for (const fact of ["2,220 × 2,967 px", "1.11 × 1.48 mm", "20×", "0.499 µm/px"]) {
    assert.ok(text.includes(fact), `${fact} in ${text}`);
  }
  const drawn = await thumbnail(tab, CMU.id);
  assert.ok(drawn.coloured > 0.15 && drawn.coloured < 0.9, `${drawn.coloured} of the thumbnail is coloured`);
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

test("a broken pack is shown as broken and the others still open", async () => {
  const tab = await pages.open("/");
  const broken = tab.page.locator('[data-slide="broken"]');
  await broken.waitFor();
  assert.match(await broken.innerText(), /broken/);
  assert.ok((await broken.locator(".reason").innerText()).length > 10, "it says why");
  assert.equal(await broken.locator("a").count(), 0);
  assert.equal(await tab.page.locator('[data-slide="reference"] a').count(), 1);
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

test("a click on a card opens the viewer, and its back button the gallery", async () => {
  const tab = await pages.open("/");
  await tab.page.locator('[data-slide="reference"]').click();
  await tab.page.waitForURL("**/view/reference*");
  await tab.settled();
  assert.equal(await tab.page.locator("#name").innerText(), "reference");
  await tab.page.getByRole("link", { name: "Back to the gallery" }).click();
  await tab.page.locator('[data-slide="reference"]').waitFor();
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

test("an empty folder says how to make a pack, and shows a slide once there is one", async () => {
  const tab = await pages.open("/", {}, empty);
  await tab.page.locator("#empty").waitFor();
  assert.match(await tab.page.locator("#empty").innerText(), /origami pack slide\.svs -o packs\//);
  assert.equal(await tab.page.locator("#filter").isVisible(), false);
  await copyFile(pages.site.packPath("reference"), empty.packPath("new"));
  for (let tries = 0; tries < 100 && (await tab.page.locator('[data-slide="new"]').count()) === 0; tries += 1) {
    if (await tab.page.locator("#empty-reload").isVisible()) await tab.page.locator("#empty-reload").click();
    await tab.page.waitForTimeout(200);
  }
  assert.equal(await tab.page.locator('[data-slide="new"]').count(), 1);
  assert.equal(await tab.page.locator("#empty").isVisible(), false);
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

test("scrolling loads every slide of a large folder", async () => {
  const tab = await pages.open("/", {}, large);
  const cards = tab.page.locator("[data-slide]");
  await cards.first().waitFor();
  assert.equal(await cards.count(), 100);
  await cards.last().scrollIntoViewIfNeeded();
  await waitForCards(tab, MANY);
  assert.equal(await tab.page.locator("#more").isVisible(), false);
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

test("the filter finds a slide that was not loaded yet, and says when nothing matches", async () => {
  const tab = await pages.open("/", {}, large);
  await tab.page.locator("[data-slide]").first().waitFor();
  await tab.press("/");
  await tab.page.keyboard.type("SLIDE-129");
  await waitForCards(tab, 1);
  assert.equal(await tab.page.locator('[data-slide="slide-129"]').count(), 1);
  assert.equal(await tab.page.locator("#count").innerText(), `1 of ${MANY} slides`);
  await tab.page.keyboard.type("x");
  await tab.page.locator("#no-match").waitFor();
  await tab.page.locator("#clear").click();
  await waitForCards(tab, MANY);
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

test("a failing server is reported, and trying again works", async () => {
  const tab = await pages.open("/", { shouldFail: (url) => url.includes("/slides?") });
  await tab.page.locator("#failure").waitFor();
  tab.shouldFail = () => false;
  await tab.page.locator("#retry").click();
  await tab.page.locator('[data-slide="reference"]').waitFor();
  assert.equal(await tab.page.locator("#failure").isVisible(), false);
  await tab.close();
});

for (const { name, viewport, oneColumn } of [
  { name: "phone", viewport: { width: 360, height: 640 }, oneColumn: true },
  { name: "desktop", viewport: { width: 1600, height: 900 }, oneColumn: false },
]) {
  test(`the gallery fits the screen of a ${name}`, async () => {
    const tab = await pages.open("/", { viewport });
    await tab.page.locator('[data-slide="reference"]').waitFor();
    const [width, columns] = await tab.page.evaluate(() => [
      document.documentElement.scrollWidth,
      getComputedStyle(document.getElementById("cards")).gridTemplateColumns.split(" ").length,
    ]);
    assert.ok(width <= viewport.width, `${width} px wide`);
    assert.equal(columns === 1, oneColumn);
    await tab.close();
  });
}
