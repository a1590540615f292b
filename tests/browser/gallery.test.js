import assert from "node:assert/strict";
import { copyFile, link, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { launch, Tab } from "./harness/browser.js";
import { writeReference } from "./harness/reference.js";
import { Site, skipWithoutSlides, slideFile } from "./harness/site.js";

const MANY = 130;
const slide = slideFile("CMU-1-Small-Region.svs");
let browser;
let site;
let crowd;
let empty;

before(async () => {
  browser = await launch();
  site = await Site.create();
  const picture = path.join(site.folder, "reference.png");
  await writeReference(picture);
  const pack = await site.pack(picture, "reference");
  if (slide) await site.pack(slide, "CMU-1-Small-Region");
  await writeFile(path.join(site.packs, "broken.origami"), (await readFile(pack)).subarray(0, 100));
  await site.serve();

  crowd = await Site.create();
  const first = await crowd.pack(picture, "slide-000");
  for (let i = 1; i < MANY; i += 1) await link(first, path.join(crowd.packs, `slide-${String(i).padStart(3, "0")}.origami`));
  await crowd.serve();

  empty = await Site.create();
  await empty.serve();
});

after(async () => {
  await browser?.close();
  for (const one of [site, crowd, empty]) await one?.close();
});

/** Width and drawn colours of a card's thumbnail: how many pixels are neither white nor black. */
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
      if (Math.max(data[i], data[i + 1], data[i + 2]) - Math.min(data[i], data[i + 1], data[i + 2]) > 20) coloured += 1;
    }
    return { width: canvas.width, height: canvas.height, coloured: coloured / (canvas.width * canvas.height) };
  });
}

test("the gallery shows each slide with its facts and a drawn thumbnail", async () => {
  const tab = await Tab.open(browser, site.url);
  await tab.page.locator("[data-slide]").first().waitFor();
  const reference = await thumbnail(tab, "reference");
  assert.ok(reference.coloured > 0.9, `${reference.coloured} of the picture is coloured`);
  assert.ok(Math.abs(reference.width / reference.height - 2317 / 1709) < 0.02);
  assert.match(await tab.page.locator('[data-slide="reference"]').innerText(), /2,317 × 1,709 px/);
  assert.deepEqual(tab.faults, []);
  await tab.close();
});

test("the gallery knows the objective and the size of a real slide", async (t) => {
  if (!slide) return skipWithoutSlides(t);
  const tab = await Tab.open(browser, site.url);
  const card = tab.page.locator('[data-slide="CMU-1-Small-Region"]');
  await card.waitFor();
  const text = await card.innerText();
  for (const fact of ["2,220 × 2,967 px", "1.11 × 1.48 mm", "20×", "0.499 µm/px"]) assert.ok(text.includes(fact), `${fact} in ${text}`);
  const drawn = await thumbnail(tab, "CMU-1-Small-Region");
  assert.ok(drawn.coloured > 0.15 && drawn.coloured < 0.9, `${drawn.coloured} of the thumbnail is coloured`);
  assert.deepEqual(tab.faults, []);
  await tab.close();
});

test("a broken pack is shown as broken and the others still open", async () => {
  const tab = await Tab.open(browser, site.url);
  const broken = tab.page.locator('[data-slide="broken"]');
  await broken.waitFor();
  assert.match(await broken.innerText(), /broken/);
  assert.ok((await broken.locator(".reason").innerText()).length > 10, "it says why");
  assert.equal(await broken.locator("a").count(), 0);
  assert.equal(await tab.page.locator('[data-slide="reference"] a').count(), 1);
  assert.deepEqual(tab.faults, []);
  await tab.close();
});

test("a click on a card opens the viewer, and its back button the gallery", async () => {
  const tab = await Tab.open(browser, site.url);
  await tab.page.locator('[data-slide="reference"]').click();
  await tab.page.waitForURL("**/view/reference*");
  await tab.settled();
  assert.equal(await tab.page.locator("#name").innerText(), "reference");
  await tab.page.getByRole("link", { name: "Back to the gallery" }).click();
  await tab.page.locator('[data-slide="reference"]').waitFor();
  assert.deepEqual(tab.faults, []);
  await tab.close();
});

test("an empty folder says how to make a pack, and shows a slide once there is one", async () => {
  const tab = await Tab.open(browser, empty.url);
  await tab.page.locator("#empty").waitFor();
  assert.match(await tab.page.locator("#empty").innerText(), /origami pack slide\.svs -o packs\//);
  assert.equal(await tab.page.locator("#filter").isVisible(), false);
  await copyFile(path.join(site.packs, "reference.origami"), path.join(empty.packs, "new.origami"));
  for (let tries = 0; tries < 100 && (await tab.page.locator('[data-slide="new"]').count()) === 0; tries += 1) {
    if (await tab.page.locator("#empty-reload").isVisible()) await tab.page.locator("#empty-reload").click();
    await tab.page.waitForTimeout(200);
  }
  assert.equal(await tab.page.locator('[data-slide="new"]').count(), 1);
  assert.equal(await tab.page.locator("#empty").isVisible(), false);
  assert.deepEqual(tab.faults, []);
  await tab.close();
});

test("scrolling brings in every slide of a large folder", async () => {
  const tab = await Tab.open(browser, crowd.url);
  const cards = tab.page.locator("[data-slide]");
  await cards.first().waitFor();
  assert.equal(await cards.count(), 100);
  await cards.last().scrollIntoViewIfNeeded();
  await tab.page.waitForFunction((all) => document.querySelectorAll("[data-slide]").length === all, MANY);
  assert.equal(await tab.page.locator("#more").isVisible(), false);
  assert.deepEqual(tab.faults, []);
  await tab.close();
});

test("the filter finds a slide that was not loaded yet, and says when nothing matches", async () => {
  const tab = await Tab.open(browser, crowd.url);
  await tab.page.locator("[data-slide]").first().waitFor();
  await tab.page.keyboard.press("/");
  await tab.page.keyboard.type("SLIDE-129");
  await tab.page.waitForFunction(() => document.querySelectorAll("[data-slide]").length === 1);
  assert.equal(await tab.page.locator('[data-slide="slide-129"]').count(), 1);
  assert.equal(await tab.page.locator("#count").innerText(), `1 of ${MANY} slides`);
  await tab.page.keyboard.type("x");
  await tab.page.locator("#no-match").waitFor();
  await tab.page.locator("#clear").click();
  await tab.page.waitForFunction((all) => document.querySelectorAll("[data-slide]").length === all, MANY);
  assert.deepEqual(tab.faults, []);
  await tab.close();
});

test("a server that fails is said to fail, and trying again works", async () => {
  const tab = await Tab.open(browser, site.url, { withhold: (url) => url.includes("/slides?") });
  await tab.page.locator("#failure").waitFor();
  tab.withhold = () => false;
  await tab.page.locator("#retry").click();
  await tab.page.locator('[data-slide="reference"]').waitFor();
  assert.equal(await tab.page.locator("#failure").isVisible(), false);
  await tab.close();
});

for (const [name, viewport] of [
  ["phone", { width: 360, height: 640 }],
  ["desk", { width: 1600, height: 900 }],
]) {
  test(`the gallery fits the screen of a ${name}`, async () => {
    const tab = await Tab.open(browser, site.url, { viewport });
    await tab.page.locator('[data-slide="reference"]').waitFor();
    const [wide, columns] = await tab.page.evaluate(() => [
      document.documentElement.scrollWidth,
      getComputedStyle(document.getElementById("cards")).gridTemplateColumns.split(" ").length,
    ]);
    assert.ok(wide <= viewport.width, `${wide} px wide`);
    assert.equal(columns === 1, name === "phone");
    await tab.close();
  });
}
