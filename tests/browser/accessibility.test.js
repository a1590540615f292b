// The gallery and the viewer for everybody: on a phone, with a screen reader, in light and dark colours.

import assert from "node:assert/strict";
import { test } from "node:test";
import { violations } from "./harness/axe.js";
import { brokenEntry, manyEntries, slideEntry } from "./harness/entries.js";
import { FakeList, openGallery } from "./harness/fake-list.js";
import { packBoth, Pages } from "./harness/pages.js";
import { CMU, slideTest } from "./harness/slides.js";
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
    // The tool rail scrolls: it is on the screen as a whole, and not each of its buttons.
    if (!(await button.evaluate((button) => button.closest("#rail")))) boxes.push(box);
  }
  if (await tab.page.locator("#rail").isVisible()) boxes.push(await tab.page.locator("#rail").boundingBox());
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

test("all tools are in sight on a phone on its side", async () => {
  const viewport = { width: 640, height: 320 };
  const tab = await pages.view("reference", "", { viewport, isMobile: true, hasTouch: true });
  const rail = await tab.page.locator("#rail").boundingBox();
  assertOnScreen(rail, viewport);
  for (const tool of await tab.page.locator("#rail .tool:visible").all()) {
    const box = await tool.boundingBox();
    assert.ok(box.y + box.height <= rail.y + rail.height, await tool.getAttribute("aria-label"));
  }
  assertApart(rail, await tab.page.locator("#instruments").boundingBox());
  await tab.page.locator("#tool-measure").tap();
  assertApart(rail, await tab.page.locator("#panel-measure").boundingBox());
  await tab.close();
});

slideTest("the zoom buttons are in one row on the narrowest phone", async () => {
  const viewport = { width: 320, height: 568 };
  const tab = await pages.view(CMU.id, "", { viewport, isMobile: true, hasTouch: true });
  const tops = await tab.page.locator("#zoom .button:visible").evaluateAll((buttons) => {
    return buttons.map((button) => button.getBoundingClientRect().top);
  });
  assert.ok(tops.length >= 6, `${tops.length} buttons`);
  assert.equal(new Set(tops).size, 1, `in rows at ${tops}`);
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
        .filter((control) => control.checkVisibility())
        .filter(({ ariaLabel, textContent, labels }) => !(ariaLabel || textContent.trim() || labels?.length))
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

/** Slides, a folder and a broken pack. */
function variedEntries() {
  return [
    slideEntry("a~one", { folder: "a", title: "One.svs" }),
    brokenEntry("a~two", "This pack cannot be opened: the file is cut short", { folder: "a" }),
    brokenEntry("bad", "This pack cannot be opened: the file is cut short"),
    ...manyEntries(150),
  ];
}

/** States of the gallery: the address, the entries, and what is done before looking. */
const STATES = [
  ["cards", "/", variedEntries(), null],
  ["list", "/?view=list", variedEntries(), null],
  ["results", "/?q=one", variedEntries(), null],
  ["folder", "/?folder=a", variedEntries(), null],
  ["only broken", "/?only=broken", variedEntries(), null],
  ["scrolled to the end", "/", variedEntries(), (tab) => tab.page.evaluate(() => scrollTo(0, 1e6))],
  ["nothing matches", "/?q=nothing", variedEntries(), null],
  ["no such folder", "/?folder=nowhere", variedEntries(), null],
  ["empty", "/", [], null],
];

for (const colorScheme of ["light", "dark"]) {
  for (const [state, path, entries, act] of STATES) {
    test(`axe finds nothing in the gallery in ${colorScheme} colours: ${state}`, async () => {
      const tab = await openGallery(pages, new FakeList(entries), path, { colorScheme });
      await tab.page.locator('#cards[aria-busy="false"]').waitFor({ state: "attached" });
      await act?.(tab);
      assert.deepEqual(await violations(tab.page), []);
      await tab.close();
    });
  }
}

test("axe finds nothing in the gallery on a phone, nor while the server is away", async () => {
  for (const path of ["/", "/?view=list"]) {
    const options = { viewport: { width: 320, height: 568 }, isMobile: true, hasTouch: true };
    const tab = await openGallery(pages, new FakeList(variedEntries()), path, options);
    await tab.page.locator('#cards[aria-busy="false"]').waitFor({ state: "attached" });
    await tab.page.route((url) => url.pathname === "/slides", (route) => route.abort());
    await tab.page.locator("#failure").waitFor();
    assert.deepEqual(await violations(tab.page), []);
    await tab.close();
  }
});

test("without scripts the gallery says what it needs", async () => {
  const tab = await pages.open("/", { javaScriptEnabled: false });
  assert.match(await tab.page.locator("noscript").innerText(), /needs JavaScript/);
  await tab.close();
});

test("in forced colours the pressed layout and a broken pack can be told apart", async () => {
  const tab = await openGallery(pages, new FakeList(variedEntries()), "/", { forcedColors: "active" });
  await tab.page.locator('[data-slide="bad"]').waitFor();
  const pressed = await styleOf(tab, "#view-cards", "borderTopWidth");
  const other = await styleOf(tab, "#view-list", "borderTopWidth");
  assert.notEqual(pressed, other);
  assert.equal(await styleOf(tab, '[data-slide="bad"]', "borderTopStyle"), "dashed");
  assert.equal(await styleOf(tab, '[data-slide="slide-0000"]', "borderTopStyle"), "solid");
  await tab.close();
});

for (const colorScheme of ["light", "dark"]) {
  test(`axe finds nothing in the viewer in ${colorScheme} colours`, async () => {
    const tab = await pages.view("reference", "", { colorScheme });
    assert.deepEqual(await violations(tab.page), []);
    await tab.page.getByRole("button", { name: "Details" }).click();
    assert.deepEqual(await violations(tab.page), []);
    await tab.close();
  });
}
