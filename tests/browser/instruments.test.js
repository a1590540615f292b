// The viewer's instruments: the scale bar, the zoom buttons and the position under the pointer.

import assert from "node:assert/strict";
import { test } from "node:test";
import { packBoth, Pages } from "./harness/pages.js";
import { CMU, slideTest } from "./harness/slides.js";
import { assertNear, viewOf } from "./harness/view.js";

const pages = new Pages(({ site }) => packBoth(site));

/** The scale bar's length in slide pixels, measured on the screen with OpenSeadragon's own coordinates. */
function barInSlidePixels(tab) {
  return tab.page.evaluate(() => {
    const bar = document.getElementById("scale-bar").getBoundingClientRect();
    const stage = document.getElementById("slide").getBoundingClientRect();
    const [left, right] = [bar.left, bar.right].map((x) => {
      const point = new OpenSeadragon.Point(x - stage.left, 0);
      return window.viewer.viewport.viewerElementToImageCoordinates(point).x;
    });
    return right - left;
  });
}

slideTest("the scale bar of a real slide is as long as its label says, at full resolution and elsewhere", async () => {
  const micrometres = { µm: 1, mm: 1000 };
  const tab = await pages.view(CMU.id, "#1110,1480,1");
  assert.equal(await tab.page.locator("#scale-label").innerText(), "50 µm");
  assertNear((await tab.page.locator("#scale-bar").boundingBox()).width, 50 / CMU.mpp, 0.5, "bar at full resolution");
  const labels = new Set();
  for (const zoom of [1, 0.5, 0.3, 2, 4]) {
    await tab.moveTo(1110, 1480, zoom);
    const label = await tab.page.locator("#scale-label").innerText();
    const [number, unit] = label.split(" ");
    const expected = number * micrometres[unit];
    assertNear((await barInSlidePixels(tab)) * CMU.mpp, expected, expected * 0.01, label);
    labels.add(label);
  }
  assert.ok(labels.size >= 3, `it follows the zoom: ${[...labels]}`);
  await tab.close();
});

test("a slide without a pixel size gets a scale bar in pixels", async () => {
  const tab = await pages.view("reference", "#1100,800,1");
  const label = await tab.page.locator("#scale-label").innerText();
  assert.match(label, /^\d+ px$/);
  assertNear(await barInSlidePixels(tab), Number.parseInt(label, 10), 0.5, label);
  await tab.close();
});

slideTest("the zoom buttons show the slide as through each objective", async () => {
  const tab = await pages.view(CMU.id);
  const fitted = await viewOf(tab);
  const buttons = await tab.page.locator("#zoom [data-zoom]").allInnerTexts();
  assert.deepEqual(buttons.filter(Boolean), ["Fit", "1.25×", "2.5×", "5×", "10×", "20×", "1:1"]);
  for (const [name, zoom] of [
    ["1.25×", 0.0625],
    ["5×", 0.25],
    ["20×", 1],
    ["10×", 0.5],
    ["1:1", 1],
    ["Fit", fitted.zoom],
  ]) {
    await tab.page.getByRole("button", { name, exact: true }).click();
    await tab.settled();
    assertNear((await viewOf(tab)).zoom, zoom, 1e-6, name);
    if (name !== "Fit") {
      assert.match(await tab.page.locator("#magnification").innerText(), new RegExp(`^${20 * zoom}×`));
    }
  }
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

/** The position under the pointer, as the viewer displays it. */
async function displayedPosition(tab) {
  const text = await tab.page.locator("#position").innerText();
  return text.match(/x (\d+) y (\d+)/).slice(1).map(Number);
}

test("the position under the pointer is given in slide pixels", async () => {
  const tab = await pages.view("reference", "#1100,800,1");
  const box = await tab.page.locator("#slide").boundingBox();
  const x = Math.round(box.x + box.width / 2);
  const y = Math.round(box.y + box.height / 2);
  await tab.page.mouse.move(x, y);
  const [firstX, firstY] = await displayedPosition(tab);
  assertNear(firstX, 1100, 1, "column");
  assertNear(firstY, 800, 1, "row");
  await tab.page.mouse.move(x + 100, y - 50);
  const [secondX, secondY] = await displayedPosition(tab);
  // One more or less where the slide's pixels are not aligned with those of the screen.
  assertNear(secondX - firstX, 100, 1, "columns moved");
  assertNear(secondY - firstY, -50, 1, "rows moved");
  await tab.close();
});
