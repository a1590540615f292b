// The page of all that is known of a slide.

import assert from "node:assert/strict";
import { copyFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { violations } from "./harness/axe.js";
import { Tab } from "./harness/browser.js";
import { packBoth, Pages } from "./harness/pages.js";
import { REFERENCE } from "./harness/reference.js";
import { CMU, slideTest } from "./harness/slides.js";

/** Would run if it became markup. The slash that ends an element cannot be in a file's name. */
const HOSTILE = "<img src=x onerror=window.pwned=1>\"'&.png";

const pages = new Pages(async ({ site }) => {
  await packBoth(site);
  const reference = path.join(site.folder, "reference.png");
  const hostile = path.join(site.folder, HOSTILE);
  await copyFile(reference, hostile);
  await site.pack(hostile, "hostile");
  await site.pack(reference, "unmeasured", "--no-report");
  await site.pack(reference, "luma", "--mode", "luma");
  if (CMU.file) await site.pack(CMU.file, "labelled", "--keep-associated");
});

/** The server's description of a slide. */
async function describe(id) {
  return (await fetch(`${pages.site.url}/slides/${id}`)).json();
}

/** Waits until the page has been filled. */
async function filled(tab) {
  await tab.page.locator("#about:not([aria-busy])").waitFor();
  return tab;
}

async function about(id, options) {
  return filled(await pages.open(`/about/${id}`, options));
}

/** Opens the page with another description of the slide than the server's. */
async function aboutWith(id, json) {
  const context = await pages.browser.newContext({ viewport: { width: 1200, height: 800 } });
  const tab = new Tab(context, await context.newPage());
  await tab.page.route((url) => url.pathname === `/slides/${id}`, (route) => route.fulfill({ json }));
  await tab.page.goto(`${pages.site.url}/about/${id}`);
  return filled(tab);
}

/** The text of the value of a fact. */
function fact(tab, term) {
  const exact = new RegExp(`^${term}$`);
  const row = tab.page.locator(".facts > div", { has: tab.page.locator("dt", { hasText: exact }) });
  return row.locator("dd").first().innerText();
}

test("the page says what a slide is, how it is kept, and what was lost", async () => {
  const tab = await about("reference");
  const slide = await describe("reference");
  assert.equal(tab.response.status(), 200);
  assert.equal(await tab.page.locator("h1").innerText(), "reference.png");
  assert.equal(await tab.page.title(), "About reference.png · Origami");
  assert.equal(await fact(tab, "Id"), "reference");
  assert.equal(await fact(tab, "Format"), slide.format);
  assert.equal((await fact(tab, "Size")).replaceAll(",", ""), `${REFERENCE.width} × ${REFERENCE.height} px`);
  assert.equal(await fact(tab, "Generation"), slide.generation);
  assert.equal(await fact(tab, "Checksum of the source file"), slide.metadata.source.sha256);
  assert.equal(await fact(tab, "Made by"), slide.metadata.software);
  assert.match(await fact(tab, "Mode"), /exactly the JPEG/);
  assert.match(await fact(tab, "Colour resolution"), /^4:/);
  assert.match(await tab.page.locator("#verdict").innerText(), /encoded as JPEG at quality \d+, which loses a little/);
  assert.match(await tab.page.locator("#health").innerText(), /Every tile of the slide's file could be read/);
  assert.equal(await tab.page.locator("#thumbnail").evaluate((image) => image.naturalWidth > 0), true);
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

test("a slide without a pixel size says that it is unknown and shows no millimetres", async () => {
  const tab = await about("reference");
  assert.equal(await fact(tab, "Pixel size"), "unknown");
  assert.equal(await fact(tab, "Magnification"), "unknown");
  assert.equal(/\bmm\b|NaN|null|undefined/.test(await tab.page.locator("#sections").innerText()), false);
  await tab.close();
});

test("the levels are all there with their bytes, and bars compare them", async () => {
  const tab = await about("reference");
  const { level_table: levels } = await describe("reference");
  const rows = await tab.page.locator("#levels tbody tr").allInnerTexts();
  assert.equal(rows.length, levels.length);
  for (const [index, { z, width, height }] of [...levels].reverse().entries()) {
    const row = rows[index].replaceAll(",", "");
    assert.ok(row.startsWith(String(z)) && row.includes(`${width} × ${height}`), `${width} × ${height} in ${row}`);
  }
  const widths = await tab.page
    .locator("#levels .bar > span")
    .evaluateAll((bars) => bars.map((bar) => bar.getBoundingClientRect().width / bar.parentElement.clientWidth));
  const most = Math.max(...levels.map(({ bytes }) => bytes));
  for (const [index, { bytes }] of [...levels].reverse().entries()) {
    assert.ok(Math.abs(widths[index] - bytes / most) < 0.03, `the bar of row ${index}`);
  }
  assert.ok((await tab.page.locator("#quality tbody tr").count()) >= 2, "the measured quality is shown");
  await tab.close();
});

test("the bars of the pack and of a plain pyramid are as long as their bytes", async () => {
  const tab = await about("reference");
  const { bytes, level_table: levels } = await describe("reference");
  const plain = levels.reduce((sum, level) => sum + (level.jpeg_bytes ?? 0), 0);
  const [pack, pyramid] = await tab.page
    .locator("#bars .bar > span")
    .evaluateAll((bars) => bars.map((bar) => bar.getBoundingClientRect().width));
  assert.ok(Math.abs(pack / pyramid / (bytes / plain) - 1) < 0.03, `${pack} and ${pyramid} for ${bytes} and ${plain}`);
  await tab.close();
});

test("a lossy slide says that something was lost", async () => {
  const tab = await about("luma");
  assert.match(await tab.page.locator("#verdict").innerText(), /^Something was lost/);
  await tab.close();
});

test("a slide that was packed without a report has no empty tables", async () => {
  const tab = await about("unmeasured");
  assert.equal(await tab.page.locator("#quality-part").isVisible(), false);
  assert.ok((await tab.page.locator("#levels tbody tr").count()) > 5);
  assert.equal(/NaN|null|undefined/.test(await tab.page.locator("#sections").innerText()), false);
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

slideTest("a real slide has its pixel size, its magnification, its description and its label", async () => {
  const tab = await about("labelled");
  assert.equal(await fact(tab, "Pixel size"), "0.499 µm/px");
  assert.equal(await fact(tab, "Magnification"), "20×, as the slide's file says");
  assert.match(await fact(tab, "Area"), /^1\.11 × 1\.48 mm$/);
  assert.equal(await tab.page.locator("#verdict").innerText(), "Nothing was lost.");
  assert.match(await tab.page.locator("#description").innerText(), /Aperio Image Library/);
  const widths = await tab.page.locator("#pictures img").evaluateAll(async (images) => {
    await Promise.all(images.map((image) => image.decode()));
    return images.map((image) => image.naturalWidth);
  });
  assert.ok(widths.length >= 2 && widths.every((width) => width > 0), `${widths}`);
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

test("a title that is markup stays text", async () => {
  const tab = await about("hostile");
  assert.equal(await tab.page.locator("h1").innerText(), HOSTILE);
  assert.equal(await fact(tab, "Title"), HOSTILE);
  assert.equal(await tab.page.locator('img[src="x"]').count(), 0);
  assert.equal(await tab.page.evaluate(() => window.pwned), undefined);
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

test("metadata that is markup stays text, wherever it is shown", async () => {
  const markup = "<img src=x onerror=window.pwned=1>";
  const slide = await describe("reference");
  const tab = await aboutWith("reference", {
    ...slide,
    title: markup,
    folder: markup,
    format: markup,
    source: markup,
    background: markup,
    mode: markup,
    contents: [markup],
    description: markup,
    associated: [{ name: markup, url: markup }],
    level_table: slide.level_table.map((level) => ({ ...level, mode: markup, subsampling: markup })),
    metadata: {
      ...slide.metadata,
      software: markup,
      icc: markup,
      source: { ...slide.metadata.source, sha256: markup },
      settings: { mode: markup, subsampling: markup, encoded_again: markup, options: markup },
      contents: { notes: [markup] },
    },
  });
  assert.equal(await tab.page.locator("#sections").isVisible(), true);
  assert.ok((await tab.page.getByText(markup).count()) > 10, "it is shown");
  assert.equal(await tab.page.locator('img[src="x"]').count(), 0);
  assert.equal(await tab.page.evaluate(() => window.pwned), undefined);
  await tab.close();
});

test("a derived magnification names the pixel size that it is computed from", async () => {
  const derived = { mpp: [0.25, 0.25], objective: null, magnification: { power: 40, derived: true } };
  const tab = await aboutWith("reference", { ...(await describe("reference")), ...derived });
  assert.equal(await fact(tab, "Magnification"), "about 40×, computed from the pixel size of 0.25 µm");
  await tab.close();
});

test("a pack that says next to nothing about itself is described all the same", async () => {
  const { id, title, generation, width, height, tile_size, levels, mode, bytes, tiles } = await describe("reference");
  const facts = { id, title, generation, width, height, tile_size, levels, mode, bytes, tiles };
  const tab = await aboutWith("reference", { ...facts, level_table: [], metadata: {} });
  assert.equal(await tab.page.locator("#message").isVisible(), false);
  assert.equal(await fact(tab, "Id"), "reference");
  assert.equal(/NaN|null|undefined|Infinity/.test(await tab.page.locator("#sections").innerText()), false);
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

test("each address on the page is answered, and can be copied", async () => {
  const tab = await about("reference", { permissions: ["clipboard-read", "clipboard-write"] });
  const fields = tab.page.locator(".addresses input");
  const addresses = await fields.evaluateAll((inputs) => inputs.map(({ value }) => value));
  assert.equal(addresses.length, 6);
  for (const address of addresses) {
    const url = address.replace("{z}", "12").replace("{x}", "1").replace("{y}", "2");
    assert.equal((await fetch(url)).status, 200, url);
  }
  await tab.page.getByRole("button", { name: "Copy: Thumbnail" }).click();
  await tab.page.getByText("Copied.").first().waitFor();
  assert.match(await tab.page.evaluate(() => navigator.clipboard.readText()), /\/slides\/reference\/thumbnail\?v=/);
  await tab.close();
});

test("the page leads to the viewer and the gallery, and the viewer leads here", async () => {
  const tab = await about("reference");
  await tab.page.getByRole("link", { name: "Viewer" }).click();
  await tab.settled();
  await tab.press("i");
  await tab.page.locator("#details a[href*='/about/']").click();
  await filled(tab);
  await tab.page.getByRole("link", { name: "All slides" }).click();
  await tab.page.locator('[data-slide="reference"]').waitFor();
  await tab.close();
});

test("a slide that has gone since the page was sent is said to be gone", async () => {
  const context = await pages.browser.newContext();
  const tab = new Tab(context, await context.newPage());
  await tab.page.route((url) => url.pathname === "/slides/reference", (route) =>
    route.fulfill({ status: 404, json: { error: "no such slide" } }),
  );
  await tab.page.goto(`${pages.site.url}/about/reference`);
  await filled(tab);
  assert.equal(await tab.page.locator("#message-text").innerText(), "No such slide.");
  assert.equal(await tab.page.locator("#sections").isVisible(), false);
  await tab.close();
});

test("there is no such page of a slide that does not exist", async () => {
  const tab = await pages.open("/about/nowhere");
  assert.equal(tab.response.status(), 404);
  await tab.close();
});

test("on paper there are no buttons, and addresses are whole", async () => {
  const tab = await about("reference");
  await tab.page.emulateMedia({ media: "print", colorScheme: "dark" });
  assert.equal(await tab.page.locator(".top").isVisible(), false);
  assert.equal(await tab.page.locator(".copy-field .button:visible, .copy-field input:visible").count(), 0);
  const printed = await tab.page
    .locator(".copy-field")
    .first()
    .evaluate((field) => getComputedStyle(field, "::after").content);
  assert.match(printed, /\/view\/reference/);
  const background = await tab.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.equal(background, "rgb(255, 255, 255)");
  await tab.close();
});

for (const [what, options] of [
  ["in light colours", { colorScheme: "light" }],
  ["in dark colours", { colorScheme: "dark" }],
  ["on a narrow phone", { viewport: { width: 320, height: 568 }, isMobile: true, hasTouch: true }],
]) {
  test(`everybody can read the page ${what}`, async () => {
    const tab = await about(CMU.file ? "labelled" : "reference", options);
    assert.deepEqual(await violations(tab.page), []);
    const { scrollWidth, clientWidth } = await tab.page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      return { scrollWidth, clientWidth };
    });
    assert.equal(scrollWidth, clientWidth, "nothing but tables scrolls sideways");
    await tab.close();
  });
}
