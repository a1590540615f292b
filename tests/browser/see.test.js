// Seeing: rotation, flip, adjusted colours, the neighbours in the list.

import assert from "node:assert/strict";
import { copyFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { table } from "../../crates/server/viewer/src/view/see/adjustment.js";
import { packBoth, Pages } from "./harness/pages.js";
import { referenceColour } from "./harness/reference.js";
import { CMU, slideTest } from "./harness/slides.js";
import { assertNear, viewOf } from "./harness/view.js";

const pages = new Pages(async ({ site }) => {
  await packBoth(site);
  const last = path.join(site.folder, "zebra.png");
  await copyFile(path.join(site.folder, "reference.png"), last);
  await site.pack(last, "zebra", "--mode", "exact");
  if (CMU.file) await site.pack(CMU.file, "labelled", "--keep-associated");
});

/** The slide fills the whole stage here, however it is rotated, and no mirror image of it looks the same. */
const HASH = "#1200,900,1.2";

/**
 * The mean difference per channel of a picture from the reference slide, if it shows `view` rotated clockwise by
 * `degrees` and then, if `flipped`, mirrored from left to right.
 */
function turnedDifference(picture, view, degrees, flipped) {
  const [sin, cos] = [Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)];
  let sum = 0;
  let compared = 0;
  for (let row = 5; row < picture.height; row += 17) {
    for (let column = 5; column < picture.width; column += 17) {
      const across = (flipped ? -1 : 1) * (column + 0.5 - picture.width / 2);
      const down = row + 0.5 - picture.height / 2;
      const x = view.x + (cos * across + sin * down) / view.zoom;
      const y = view.y + (cos * down - sin * across) / view.zoom;
      const drawn = picture.colourAt(column, row);
      referenceColour(x, y).forEach((value, channel) => {
        sum += Math.abs(value - drawn[channel]);
        compared += 1;
      });
    }
  }
  return sum / compared;
}

/** Fails unless the screen shows the slide rotated and flipped like this, and only like this. */
async function assertTurned(tab, degrees, flipped) {
  await tab.settled();
  const [picture, view] = [await tab.picture(), await viewOf(tab)];
  const right = turnedDifference(picture, view, degrees, flipped);
  assert.ok(right < 4, `${degrees}°, flipped ${flipped}: differs by ${right}`);
  for (const [other, otherFlipped] of [
    [degrees + 90, flipped],
    [degrees, !flipped],
  ]) {
    const wrong = turnedDifference(picture, view, other, otherFlipped);
    assert.ok(wrong > 20, `not ${other}°, flipped ${otherFlipped}: differs by ${wrong}`);
  }
}

test("keys rotate and flip the slide as seen on the screen, and the link keeps it", async () => {
  const tab = await pages.view("reference", HASH);
  await assertTurned(tab, 0, false);
  await tab.press("r");
  await assertTurned(tab, 90, false);
  await tab.press("R", 2);
  await assertTurned(tab, 270, false);
  await tab.press("h");
  await assertTurned(tab, 270, true);
  // A flipped slide is mirrored after it is rotated: to the right on the screen is the other way round.
  await tab.press("r");
  await assertTurned(tab, 180, true);
  await tab.page.waitForFunction(() => /&r=180&flip=1$/.test(location.hash));
  const again = await pages.open(new URL(tab.page.url()).pathname + "?drawer=canvas" + new URL(tab.page.url()).hash);
  await assertTurned(again, 180, true);
  assert.deepEqual([...tab.problems, ...again.problems], []);
  await tab.close();
  await again.close();
});

test("the slider rotates by any angle, a double click undoes it, and a link may have any angle", async () => {
  const tab = await pages.view("reference", `${HASH}&r=30.5`);
  await assertTurned(tab, 30.5, false);
  await tab.press("a");
  const slider = tab.page.getByRole("slider", { name: "Rotation" });
  assert.equal(await slider.getAttribute("aria-valuetext"), "30.5°");
  await slider.fill("-40");
  await assertTurned(tab, 320, false);
  await slider.dblclick();
  await assertTurned(tab, 0, false);
  assert.equal(await slider.getAttribute("aria-valuetext"), "0°");
  await tab.page.waitForFunction(() => !location.hash.includes("r="));
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

/** Fails unless each pixel of `adjusted` is what `values` make of that pixel of `plain`. */
function assertLookedUp(plain, adjusted, values) {
  let changed = 0;
  for (let row = 2; row < plain.height; row += 13) {
    for (let column = 2; column < plain.width; column += 13) {
      const [before, after] = [plain.colourAt(column, row), adjusted.colourAt(column, row)];
      before.forEach((value, channel) => {
        assertNear(after[channel], values[value], 1, `channel ${channel} of ${before} at ${column}, ${row}`);
        if (Math.abs(value - after[channel]) > 20) changed += 1;
      });
    }
  }
  assert.ok(changed > 1000, `${changed} values are visibly different`);
}

for (const drawer of ["canvas", "webgl"]) {
  test(`the screen shows exactly what the table says, drawn with ${drawer}`, async () => {
    const tab = await pages.view("reference", HASH, { drawer });
    const plain = await tab.picture();
    await tab.press("a");
    await tab.page.getByRole("slider", { name: "Brightness" }).fill("15");
    await tab.page.getByRole("slider", { name: "Contrast" }).fill("1.4");
    await tab.page.getByRole("slider", { name: "Gamma" }).fill("0.8");
    await tab.settled();
    const adjustment = { brightness: 15, contrast: 1.4, gamma: 0.8, invert: false };
    assertLookedUp(plain, await tab.picture(), table(adjustment));
    await tab.page.getByRole("checkbox", { name: "Invert" }).check();
    await tab.settled();
    assertLookedUp(plain, await tab.picture(), table({ ...adjustment, invert: true }));
    await tab.page.waitForFunction(() => location.hash.endsWith("&look=b15,c1.4,g0.8,i"));
    await tab.page.reload();
    await tab.settled();
    assertLookedUp(plain, await tab.picture(), table({ ...adjustment, invert: true }));
    await tab.press("a");
    await tab.page.getByRole("button", { name: "Reset all" }).click();
    const filter = await tab.page.evaluate(() => window.viewer.drawer.canvas.style.filter);
    assert.equal(filter, "", "nothing is filtered that is not adjusted");
    await tab.page.waitForFunction(() => !location.hash.includes("look"));
    assert.deepEqual(tab.problems, []);
    await tab.close();
  });
}

test("keys of the page work while a checkbox or a slider has the focus, and theirs change it", async () => {
  const tab = await pages.view("reference");
  await tab.press("a");
  const box = tab.page.getByRole("checkbox", { name: "Invert" });
  await box.focus();
  await tab.press("Space");
  assert.equal(await box.isChecked(), true);
  await tab.press("h");
  assert.equal(await tab.page.evaluate(() => window.viewer.viewport.getFlip()), true, "flipped by its key");
  const slider = tab.page.getByRole("slider", { name: "Brightness" });
  await slider.focus();
  await tab.press("ArrowRight");
  assert.equal(await slider.inputValue(), "1");
  await tab.press("m");
  assert.equal(await tab.page.locator("#panel-measure").isVisible(), true);
  await tab.close();
});

test("the controls and the stage around the slide keep their colours", async () => {
  const tab = await pages.view("reference", "#1150,850,0.1&look=i");
  const picture = await tab.picture();
  const stage = await tab.page.evaluate(() => getComputedStyle(document.getElementById("stage")).backgroundColor);
  assert.deepEqual(picture.colourAt(3, 3), stage.match(/\d+/g).slice(0, 3).map(Number));
  await tab.close();
});

test("nonsense in the link about rotation and colours is ignored", async () => {
  const tab = await pages.view("reference", `${HASH}&r=left&flip=perhaps&look=b1e9,zz,%E0`);
  await assertTurned(tab, 0, false);
  assert.equal(await tab.page.evaluate(() => window.viewer.drawer.canvas.style.filter), "");
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

test("the neighbours are named, and a key leads to them", async () => {
  const tab = await pages.view("zebra");
  const previous = tab.page.locator("#tool-previous-slide");
  await previous.waitFor();
  assert.match(await previous.getAttribute("aria-label"), /^Previous slide: /);
  assert.equal(await tab.page.locator("#tool-next-slide").isVisible(), false, "the last slide has no next one");
  await tab.press("n");
  await tab.press("p");
  await tab.page.waitForURL((url) => !url.pathname.endsWith("/zebra"));
  await tab.page.locator("#tool-next-slide").waitFor();
  await tab.press("n");
  await tab.page.waitForURL((url) => url.pathname.endsWith("/zebra"));
  await tab.close();
});

test("a slide without a label has no panel for it", async () => {
  const tab = await pages.view("reference");
  await tab.press("l");
  assert.equal(await tab.page.locator("#tool-label:visible, #panel-label:visible").count(), 0);
  await tab.close();
});

slideTest("the pictures of the label and the glass are shown, and each can be enlarged", async () => {
  const tab = await pages.view("labelled");
  await tab.press("l");
  const openers = tab.page.locator("#panel-label .label-thumbnail");
  assert.ok((await openers.count()) >= 1);
  const name = await openers.first().innerText();
  await openers.first().click();
  const dialog = tab.page.locator("dialog.label-dialog");
  await tab.page.waitForFunction(() => document.querySelector("dialog.label-dialog img")?.naturalWidth > 0);
  assert.equal(await dialog.getAttribute("aria-label"), name);
  await tab.press("Escape");
  await dialog.waitFor({ state: "detached" });
  assert.ok(await tab.page.locator("#panel-label").isVisible(), "Escape closes one thing at a time");
  assert.deepEqual(tab.problems, []);
  await tab.close();
});
