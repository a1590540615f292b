// The viewer for everybody: on a phone, with a screen reader, in light and dark colours.

import assert from "node:assert/strict";
import { test } from "node:test";
import { packBoth, Pages } from "./harness/pages.js";
import { CMU } from "./harness/slides.js";
import { assertApart, assertOnScreen, viewOf } from "./harness/view.js";

const pages = new Pages(({ site }) => packBoth(site));

test("the viewer works on a phone", async () => {
  const viewport = { width: 360, height: 640 };
  // The real slide has more zoom buttons, one for each of its objectives.
  const id = CMU.file ? CMU.id : "reference";
  const tab = await pages.view(id, "", { viewport, isMobile: true, hasTouch: true, deviceScaleFactor: 2 });
  assert.equal(await tab.page.evaluate(() => document.documentElement.scrollWidth), 360);
  const boxes = [];
  for (const button of await tab.page.locator(".button:visible").all()) {
    const box = await button.boundingBox();
    assert.ok(box.width >= 40 && box.height >= 40, `${await button.innerText()} is large enough for a finger`);
    boxes.push(box);
  }
  boxes.push(await tab.page.locator("#instruments").boundingBox());
  for (const [i, box] of boxes.entries()) {
    assertOnScreen(box, viewport);
    for (const other of boxes.slice(i + 1)) assertApart(box, other);
  }
  const before = await viewOf(tab);
  await tab.page.getByRole("button", { name: "Zoom in" }).tap();
  await tab.settled();
  assert.ok((await viewOf(tab)).zoom > before.zoom);
  await tab.page.getByRole("button", { name: "Details" }).tap();
  await tab.page.getByRole("button", { name: "Close the details" }).tap();
  assert.equal(await tab.page.locator("#details").isVisible(), false);
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

/** Relative luminance of a CSS colour `rgb(...)`, as WCAG defines it. */
function luminance(colour) {
  const [red, green, blue] = colour.match(/[\d.]+/g).map((part) => {
    const share = Number(part) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(text, background) {
  const [low, high] = [luminance(text), luminance(background)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/** The computed value of a style property of the first element that matches `selector`. */
function styleOf(tab, selector, property) {
  return tab.page.locator(selector).first().evaluate((element, property) => getComputedStyle(element)[property], property);
}

for (const colorScheme of ["light", "dark"]) {
  test(`every control has a name, and text has enough contrast in ${colorScheme} colours`, async () => {
    const tab = await pages.view("reference", "", { colorScheme });
    await tab.page.getByRole("button", { name: "Details" }).click();
    const nameless = await tab.page.locator("button, a, input").evaluateAll((controls) =>
      controls
        .filter((control) => !(control.getAttribute("aria-label") || control.textContent.trim()))
        .map((control) => control.outerHTML),
    );
    assert.deepEqual(nameless, []);
    for (const [text, background] of [
      ["#name", ".bar"],
      ["#facts", ".bar"],
      ["#metadata dt", "#details"],
      ["#details-toggle", "#details-toggle"],
    ]) {
      const colours = [await styleOf(tab, text, "color"), await styleOf(tab, background, "backgroundColor")];
      const ratio = contrast(...colours);
      assert.ok(ratio >= 4.5, `${text} on ${background}: ${ratio}`);
    }
    await tab.close();
  });
}
