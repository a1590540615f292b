// The page of the server's state: for everybody, on every screen, without scripts.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { test } from "node:test";
import { violations } from "./harness/axe.js";
import { Pages } from "./harness/pages.js";

const pages = new Pages(async ({ site }) => {
  await site.packReference("reference", "--mode", "exact");
  await writeFile(site.packPath("a-pack-with-a-long-name-that-cannot-be-opened"), "no pack");
});

/** Opens the page when the server has found that one pack is broken and has served some tiles. */
async function openStatus(options) {
  for (const tile of ["0/0/0", "9/0/0", "9/0/0", "7/0/0"]) await fetch(`${pages.site.url}/tiles/reference/${tile}`);
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const text = await (await fetch(`${pages.site.url}/status`)).text();
    if (text.includes("cannot be opened:")) return pages.open("/status", options);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the broken pack is not named on the status page");
}

for (const colorScheme of ["light", "dark"]) {
  test(`axe finds nothing in the status page in ${colorScheme} colours`, async () => {
    const tab = await openStatus({ colorScheme });
    assert.deepEqual(await violations(tab.page), []);
    assert.deepEqual(tab.problems, []);
    await tab.close();
  });
}

test("the status page fits a phone, where wide tables scroll by themselves", async () => {
  const tab = await openStatus({ viewport: { width: 360, height: 640 }, isMobile: true, hasTouch: true });
  assert.equal(await tab.page.evaluate(() => document.documentElement.scrollWidth), 360);
  const narrow = await tab.page.locator(".scroll").evaluateAll((places) => {
    return places.filter((place) => place.getBoundingClientRect().right > 360).length;
  });
  assert.equal(narrow, 0);
  assert.deepEqual(await violations(tab.page), []);
  await tab.close();
});

test("the status page needs no scripts", async () => {
  const tab = await openStatus({ javaScriptEnabled: false });
  assert.match(await tab.page.locator("h1").innerText(), /Status/);
  assert.ok(await tab.page.locator("tbody tr").count() > 30);
  await tab.page.getByRole("link", { name: "again every 5 s" }).click();
  await tab.page.getByRole("link", { name: "stop that" }).waitFor();
  await tab.close();
});
