import assert from "node:assert/strict";
import { copyFile, rename } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { carryView } from "../../crates/server/viewer/assets/view-link.js";
import { launch, Tab } from "./harness/browser.js";
import { compareToReference, REFERENCE, writeReference } from "./harness/reference.js";
import { Site, skipWithoutSlides, slideFile } from "./harness/site.js";
import { difference, tissueShare } from "./harness/tissue.js";
import { near, where } from "./harness/view.js";

const slide = slideFile("CMU-1-Small-Region.svs");
const SLIDE = { width: 2220, height: 2967 };
const SHOTS = process.env.ORIGAMI_SHOTS;
let browser;
let site;
let elsewhere;

before(async () => {
  browser = await launch();
  site = await Site.create();
  elsewhere = await Site.create();
  const picture = path.join(site.folder, "reference.png");
  await writeReference(picture);
  await elsewhere.pack(picture, "reference");
  if (slide) await elsewhere.pack(slide, "tissue");
  await site.serve();
});

after(async () => {
  await browser?.close();
  for (const one of [site, elsewhere]) await one?.close();
});

/** Puts the pack `other` where that of the slide `id` is, in one step, and waits until the server has seen it. */
async function put(other, id) {
  const [file, target] = [path.join(site.packs, `.${id}.new`), path.join(site.packs, `${id}.origami`)];
  await copyFile(path.join(elsewhere.packs, `${other}.origami`), file);
  await rename(file, target);
  const source = path.basename(other === "tissue" ? slide : "reference.png");
  for (let tries = 0; tries < 200; tries += 1) {
    const answer = await fetch(`${site.url}/slides/${id}`);
    if (answer.ok) {
      const now = await answer.json();
      if (now.source === source) return now;
    }
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`${id} does not become ${source}`);
}

/** Every tile that was given to the page, with the version its URL asked for. */
function watchVersions(tab) {
  const seen = [];
  tab.page.on("response", (response) => {
    const url = new URL(response.url());
    if (url.pathname.includes("_files/")) seen.push({ version: url.searchParams.get("v"), status: response.status() });
  });
  return seen;
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

for (const drawer of ["canvas", "webgl"]) {
  test(`a slide replaced while it is viewed is said to have changed, and a click shows its new version there (${drawer})`, async (t) => {
    if (!slide) return skipWithoutSlides(t);
    const id = `changing-${drawer}`;
    const first = await put("reference", id);
    const tab = await Tab.open(browser, `${site.url}/view/${id}?drawer=${drawer}#700,600,1`);
    await tab.settled();
    assert.deepEqual(tab.faults, []);
    const notice = tab.page.locator("#changed");
    assert.equal(await notice.isVisible(), false);
    const second = await put("tissue", id);
    assert.notEqual(first.generation, second.generation);
    const seen = watchVersions(tab);
    for (let n = 0; n < 4; n += 1) await tab.page.keyboard.press("ArrowRight");
    await notice.waitFor();
    assert.match(await notice.innerText(), /changed on the server/);
    assert.equal(await notice.getAttribute("role"), "alert");
    // What there is of the old version stays on the screen, and nothing else comes to it.
    assert.ok(seen.length > 0 && seen.every(({ version, status }) => version === first.generation && status === 410), JSON.stringify(seen));
    const background = await tab.page.evaluate(() => getComputedStyle(document.getElementById("stage")).backgroundColor);
    const old = compareToReference(await tab.picture(), background.match(/\d+/g).slice(0, 3).map(Number));
    assert.ok(old.mean < 30, `only the old version is drawn, if blurred: ${JSON.stringify(old)}`);
    assert.match(await tab.page.locator("#facts").innerText(), /2,317 × 1,709 px/);
    const before = await where(tab);

    seen.length = 0;
    await tab.page.getByRole("button", { name: "Show the new version" }).click();
    await notice.waitFor({ state: "hidden" });
    await tab.settled();
    const now = await where(tab);
    near(now.x / SLIDE.width, before.x / REFERENCE.width, 1e-3, "share of the width");
    near(now.y / SLIDE.height, before.y / REFERENCE.height, 1e-3, "share of the height");
    near((now.zoom * SLIDE.width) / (before.zoom * REFERENCE.width), 1, 1e-3, "magnification");
    // Retries for the old version may still be on their way; they get nothing.
    const good = seen.filter(({ status }) => status === 200);
    assert.ok(good.length > 0 && good.every(({ version }) => version === second.generation), JSON.stringify(seen));
    assert.match(await tab.page.locator("#facts").innerText(), /2,220 × 2,967 px/);
    assert.match(await tab.page.locator("#scale-label").innerText(), /µm|mm/, "the scale bar is the new version's");
    assert.ok(await tab.page.getByRole("button", { name: "20×", exact: true }).isVisible(), "and so are the objectives");
    const shown = await tab.picture();
    const { x, y, zoom } = await where(tab);
    const fresh = await Tab.open(browser, `${site.url}/view/${id}?drawer=${drawer}#${x},${y},${zoom}`);
    await fresh.settled();
    const apart = difference(shown, await fresh.picture());
    assert.ok(apart < 2, `${apart} from a page that never saw the old version`);
    assert.ok(tissueShare(shown) > 0.05, "tissue is on the screen");
    // The link, and moving on, are of the new version.
    const hash = new URL(tab.page.url()).hash.slice(1).split(",").map(Number);
    near(hash[0], now.x, 0.1, "column of the link");
    near(hash[1], now.y, 0.1, "row of the link");
    await tab.page.keyboard.press("ArrowLeft");
    await tab.settled();
    assert.equal(await notice.isVisible(), false);
    await tab.close();
    await fresh.close();
  });
}

test("the notice of a changed slide is reached and answered by keyboard, full page included", async (t) => {
  if (!slide) return skipWithoutSlides(t);
  await put("tissue", "keys");
  const tab = await Tab.open(browser, `${site.url}/view/keys?drawer=canvas#1110,1480,1`);
  await tab.settled();
  await tab.page.keyboard.press("f");
  await tab.settled();
  await put("reference", "keys");
  for (let n = 0; n < 4; n += 1) await tab.page.keyboard.press("ArrowDown");
  await tab.page.locator("#changed").waitFor();
  for (let n = 0; n < 30 && (await tab.page.evaluate(() => document.activeElement.id)) !== "changed-show"; n += 1) {
    await tab.page.keyboard.press("Tab");
  }
  assert.equal(await tab.page.evaluate(() => document.activeElement.id), "changed-show");
  await tab.page.keyboard.press("Enter");
  await tab.page.locator("#changed").waitFor({ state: "hidden" });
  await tab.settled();
  assert.ok(await tab.page.evaluate(() => document.getElementById("slide").contains(document.activeElement)), "focus goes to the slide");
  assert.ok(await tab.page.evaluate(() => document.getElementById("stage").classList.contains("full-page")), "the page stays full");
  assert.match(await tab.page.locator("#scale-label").textContent(), /px/);
  await tab.close();
});

test("a page that was in the background looks whether its slide has changed", async (t) => {
  if (!slide) return skipWithoutSlides(t);
  await put("reference", "back");
  const tab = await Tab.open(browser, `${site.url}/view/back?drawer=canvas`);
  await tab.settled();
  await put("tissue", "back");
  await tab.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await tab.page.locator("#changed").waitFor();
  await tab.close();
});

test("a slide replaced between its description and its opening is opened in its new version", async (t) => {
  if (!slide) return skipWithoutSlides(t);
  const first = await put("reference", "early");
  const second = await put("tissue", "early");
  let told = 0;
  const context = await browser.newContext();
  const page = await context.newPage();
  // As if the description had been asked for just before.
  await page.route("**/slides/early", (route) => {
    told += 1;
    return told === 1 ? route.fulfill({ json: first }) : route.continue();
  });
  await page.goto(`${site.url}/view/early?drawer=canvas`);
  await page.waitForFunction(() => window.viewer?.isOpen());
  await page.waitForFunction(() => document.getElementById("facts").textContent.includes("2,220 × 2,967 px"));
  assert.equal(await page.locator("#message").isVisible(), false);
  assert.ok((await page.evaluate(() => window.viewer.world.getItemAt(0).source.getTileUrl(0, 0, 0))).includes(second.generation));
  await context.close();
});

test("a new version that cannot be shown is said to be so, and may be tried again", async (t) => {
  if (!slide) return skipWithoutSlides(t);
  await put("reference", "again");
  const tab = await Tab.open(browser, `${site.url}/view/again?drawer=canvas#1100,800,1`, { withhold: () => false });
  await tab.settled();
  await put("tissue", "again");
  for (let n = 0; n < 4; n += 1) await tab.page.keyboard.press("ArrowDown");
  const button = tab.page.getByRole("button", { name: "Show the new version" });
  await button.waitFor();
  const before = await where(tab);
  tab.withhold = (url) => url.includes("/dzi/again.dzi");
  await button.click();
  await tab.page.getByText("cannot be shown").waitFor();
  tab.withhold = () => false;
  await button.click();
  await tab.page.locator("#changed").waitFor({ state: "hidden" });
  await tab.settled();
  near((await where(tab)).y / SLIDE.height, before.y / REFERENCE.height, 1e-3, "share of the height");
  await tab.close();
});

test("a card whose slide was replaced after it was listed shows the new one", async (t) => {
  if (!slide) return skipWithoutSlides(t);
  await put("reference", "listed");
  const list = await (await fetch(`${site.url}/slides`)).json();
  await put("tissue", "listed");
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.route("**/slides?*", (route) => route.fulfill({ json: list }));
  await page.goto(site.url);
  await page.waitForFunction(() => document.querySelector('[data-slide="listed"]')?.innerText.includes("2,220 × 2,967 px"));
  await page.locator('[data-slide="listed"] img').evaluate((image) => image.decode());
  await context.close();
});

for (const [name, viewport] of [
  ["phone", { width: 360, height: 640 }],
  ["lying phone", { width: 640, height: 360 }],
  ["tablet", { width: 800, height: 1100 }],
  ["desk", { width: 1200, height: 800 }],
]) {
  for (const colorScheme of ["light", "dark"]) {
    test(`the notice of a changed slide fits the ${colorScheme} screen of a ${name}`, async (t) => {
      if (!slide) return skipWithoutSlides(t);
      const id = `fits-${viewport.width}-${colorScheme}`;
      await put("tissue", id);
      const tab = await Tab.open(browser, `${site.url}/view/${id}?drawer=canvas#1110,1480,1`, { viewport, colorScheme });
      await tab.settled();
      await put("reference", id);
      for (let n = 0; n < 6; n += 1) await tab.page.keyboard.press("ArrowDown");
      await tab.page.locator("#changed").waitFor();
      await tab.page.waitForTimeout(500);
      if (SHOTS) await tab.page.screenshot({ path: path.join(SHOTS, `changed-${viewport.width}-${colorScheme}.png`) });
      const boxes = await tab.page.evaluate(() => {
        const all = ["#changed", ".navigator", "#full-page", "#instruments", "#zoom"].map((query) => document.querySelector(query));
        return all.map((one) => one.getBoundingClientRect().toJSON());
      });
      for (const box of boxes) {
        assert.ok(box.left >= 0 && box.top >= 0 && box.right <= viewport.width && box.bottom <= viewport.height, JSON.stringify(box));
      }
      const [notice, ...others] = boxes;
      for (const other of others) {
        const apart = notice.right <= other.left || other.right <= notice.left || notice.bottom <= other.top || other.bottom <= notice.top;
        assert.ok(apart, `the notice covers nothing: ${JSON.stringify([notice, other])}`);
      }
      const button = await tab.page.locator("#changed-show").boundingBox();
      assert.ok(button.height >= 40, "large enough for a finger");
      await tab.close();
    });
  }
}
