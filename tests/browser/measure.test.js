// Measuring with the mouse, the keyboard and a finger.

import assert from "node:assert/strict";
import { test } from "node:test";
import { packBoth, Pages } from "./harness/pages.js";
import { CMU, slideTest } from "./harness/slides.js";
import { assertNear, viewOf } from "./harness/view.js";

const pages = new Pages(({ site }) => packBoth(site));

const ZOOM = 0.5;
const HASH = `#1100,800,${ZOOM}`;

/** A place on the page, in pixels from the middle of the slide's element. */
async function fromMiddle(tab, [x, y]) {
  const box = await tab.page.locator("#slide").boundingBox();
  return [box.x + box.width / 2 + x, box.y + box.height / 2 + y];
}

async function click(tab, place) {
  await tab.page.mouse.click(...(await fromMiddle(tab, place)));
}

/** Opens the panel and chooses a tool. */
async function choose(tab, name) {
  if (!(await tab.page.locator("#panel-measure").isVisible())) await tab.press("m");
  await tab.page.locator("#panel-measure").getByRole("button", { name, exact: true }).click();
}

/** The texts of the list: "1. Distance: 400 px". */
function list(tab) {
  return tab.page.locator(".measure-title").allInnerTexts();
}

/** The number in a text of the list. */
function valueOf(text) {
  return Number.parseFloat(text.replaceAll(",", "").match(/: ([\d.]+)/)[1]);
}

/** Where the middle of each dot of a drawn measurement is, in pixels from the middle of the slide's element. */
function dots(tab) {
  return tab.page.evaluate(() => {
    const { width, height } = document.getElementById("slide").getBoundingClientRect();
    const path = document.querySelector(".measure-figure:not(.pending) .measure-dots").getAttribute("d");
    return [...path.matchAll(/M(\S+) (\S+)h0/g)].map(([, x, y]) => [x - width / 2, y - height / 2]);
  });
}

test("a distance measured with the mouse is that on the slide, and the last point can be taken back", async () => {
  const tab = await pages.view("reference", HASH);
  await choose(tab, "Distance");
  await click(tab, [0, 0]);
  await click(tab, [200, 0]);
  await click(tab, [30, 30]);
  await tab.press("Backspace");
  await click(tab, [200, 150]);
  await tab.press("Enter");
  assert.deepEqual(await list(tab), ["1. Distance: 700 px"]);
  const { zoom } = await viewOf(tab);
  assertNear(zoom, ZOOM, 1e-6, "clicks do not zoom");
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

test("a double click ends a path without another point and without zooming, and Escape drops one", async () => {
  const tab = await pages.view("reference", HASH);
  await choose(tab, "Distance");
  await click(tab, [0, 100]);
  await tab.page.mouse.dblclick(...(await fromMiddle(tab, [100, 100])));
  assert.deepEqual(await list(tab), ["1. Distance: 200 px"]);
  assertNear((await viewOf(tab)).zoom, ZOOM, 1e-6, "zoom");
  await click(tab, [0, -100]);
  await click(tab, [50, -100]);
  await tab.press("Escape");
  assert.equal((await list(tab)).length, 1);
  assert.ok(await tab.page.locator("#panel-measure").isVisible(), "Escape takes one step at a time");
  await tab.press("Escape");
  await click(tab, [0, -100]);
  assert.equal(await tab.page.locator(".measure-figure.pending").isVisible(), false, "no tool is chosen any more");
  await tab.press("Escape");
  assert.equal(await tab.page.locator("#panel-measure").isVisible(), false);
  await tab.close();
});

test("a drag pans while a tool is chosen, and places no point", async () => {
  const tab = await pages.view("reference", HASH);
  await choose(tab, "Distance");
  await tab.page.mouse.move(...(await fromMiddle(tab, [0, 0])));
  await tab.page.mouse.down();
  await tab.page.mouse.move(...(await fromMiddle(tab, [120, 80])), { steps: 8 });
  await tab.page.waitForTimeout(400);
  await tab.page.mouse.up();
  await tab.settled();
  const view = await viewOf(tab);
  assertNear(view.x, 1100 - 120 / ZOOM, 20, "column");
  assert.equal(await tab.page.locator(".measure-figure.pending").isVisible(), false);
  await tab.close();
});

test("an area and an angle, also on a rotated and flipped slide", async () => {
  for (const turned of ["", "&r=90", "&r=37.5&flip=1"]) {
    const tab = await pages.view("reference", HASH + turned);
    await choose(tab, "Area");
    for (const corner of [
      [0, 0],
      [200, 0],
      [200, 100],
      [0, 100],
    ]) {
      await click(tab, corner);
    }
    // A click on the first corner closes the outline.
    await click(tab, [1, 1]);
    await choose(tab, "Angle");
    for (const place of [
      [150, -150],
      [50, -150],
      [150, -50],
    ]) {
      await click(tab, place);
    }
    const [area, angle] = await list(tab);
    assert.match(area, /^1\. Area: [\d,]+ px², perimeter [\d,]+ px$/);
    assertNear(valueOf(area), (200 * 100) / ZOOM ** 2, 200, turned);
    assert.match(angle, /^2\. Angle: [\d.]+°$/);
    assertNear(valueOf(angle), 45, 0.1, turned);
    const corners = await dots(tab);
    assertNear(corners[0][0], 0, 0.6, "the drawing is where the mouse was");
    assertNear(corners[2][0], 200, 0.6, "the drawing is where the mouse was");
    assertNear(corners[2][1], 100, 0.6, "the drawing is where the mouse was");
    assert.deepEqual(tab.problems, []);
    await tab.close();
  }
});

test("the drawing stays on its place of the slide when the view is zoomed, rotated and flipped", async () => {
  const tab = await pages.view("reference", `${HASH}&m=d1100_800_1300_800`);
  const [start] = await dots(tab);
  assertNear(start[0], 0, 0.6, "in the middle");
  assertNear(start[1], 0, 0.6, "in the middle");
  await tab.press("r");
  await tab.settled();
  let [, end] = await dots(tab);
  assertNear(end[0], 0, 0.6, "clockwise: right becomes down");
  assertNear(end[1], 100, 0.6, "clockwise: right becomes down");
  await tab.press("R");
  await tab.press("h");
  await tab.press("1");
  await tab.settled();
  [, end] = await dots(tab);
  assertNear(end[0], -200, 0.6, "flipped, and twice as large");
  await tab.close();
});

test("measuring with the keyboard alone: points in the middle, and twice at the same place ends", async () => {
  const tab = await pages.view("reference", HASH);
  await tab.press("m");
  await tab.page.locator("#panel-measure").getByRole("button", { name: "Distance" }).focus();
  await tab.press("Enter");
  const from = await viewOf(tab);
  await tab.press("Enter");
  await tab.press("ArrowRight");
  await tab.settled();
  await tab.press("ArrowDown");
  await tab.settled();
  const to = await viewOf(tab);
  await tab.press("Enter");
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  assert.ok(length > 100, "the arrows pan");
  assert.match(await tab.page.locator("#announcement").innerText(), /^Point 2 placed, [\d,.]+ px/);
  await tab.press("Enter");
  const [text] = await list(tab);
  assertNear(valueOf(text), length, 1, text);
  assert.match(await tab.page.locator("#announcement").innerText(), /^Measurement 1, distance: /);
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

slideTest("a distance on a slide with a pixel size is in micrometres", async () => {
  const tab = await pages.view(CMU.id, "#1110,1480,1");
  await choose(tab, "Distance");
  await click(tab, [0, 0]);
  await click(tab, [200, 100]);
  await tab.press("Enter");
  const [text] = await list(tab);
  assert.match(text, /µm$/);
  assertNear(valueOf(text), Math.hypot(200, 100) * CMU.mpp, 0.6, text);
  await tab.close();
});

test("dragging a point changes the value, and the rest of the slide still pans", async () => {
  const tab = await pages.view("reference", `${HASH}&m=d1100_800_1300_800`);
  await tab.press("m");
  assert.deepEqual(await list(tab), ["1. Distance: 200 px"]);
  await tab.page.mouse.move(...(await fromMiddle(tab, [100, 0])));
  await tab.page.mouse.down();
  await tab.page.mouse.move(...(await fromMiddle(tab, [250, 0])), { steps: 5 });
  await tab.page.mouse.up();
  assert.deepEqual(await list(tab), ["1. Distance: 500 px"]);
  assertNear((await viewOf(tab)).x, 1100, 0.01, "the view did not move");
  await tab.page.waitForFunction(() => location.hash.includes("&m=d1100_800_1600_800"));
  await tab.close();
});

test("measurements, their names and their values are the same after a reload", async () => {
  const tab = await pages.view("reference", HASH);
  await choose(tab, "Distance");
  await click(tab, [13, 7]);
  await click(tab, [211, 93]);
  await tab.press("Enter");
  const name = 'Edge; <b>"50 %" ~ 測量_1';
  await tab.page.getByRole("textbox", { name: "Name of measurement 1" }).fill(name);
  await tab.press("Tab");
  const before = await list(tab);
  await tab.page.waitForFunction(() => location.hash.includes("~"));
  await tab.page.reload();
  await tab.settled();
  await tab.press("m");
  assert.deepEqual(await list(tab), before);
  assert.equal(await tab.page.getByRole("textbox", { name: "Name of measurement 1" }).inputValue(), name);
  assert.ok((await tab.page.locator(".measure-layer").textContent()).includes(name), "the name is on the slide");
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

test("deleted measurements come back, and Show moves to one that is far away", async () => {
  const tab = await pages.view("reference", "#300,300,1&m=d2000_1500_2100_1500;a100_100_200_100_200_200");
  await tab.press("m");
  const before = await list(tab);
  assert.equal(before.length, 2);
  const panel = tab.page.locator("#panel-measure");
  await panel.getByRole("button", { name: "Delete all" }).click();
  assert.deepEqual(await list(tab), []);
  await panel.getByRole("button", { name: "Undo delete" }).click();
  assert.deepEqual(await list(tab), before);
  await panel.getByRole("button", { name: "Delete measurement 2" }).click();
  assert.deepEqual(await list(tab), before.slice(0, 1));
  await panel.getByRole("button", { name: "Show measurement 1" }).click();
  await tab.settled();
  const view = await viewOf(tab);
  assertNear(view.x, 2050, 60, "column");
  assertNear(view.y, 1500, 60, "row");
  await tab.close();
});

test("the copied table has each measurement", async () => {
  const permissions = ["clipboard-read", "clipboard-write"];
  const tab = await pages.view("reference", `${HASH}&m=d0_0_30_40~edge`, { permissions });
  await tab.press("m");
  await tab.page.getByRole("button", { name: "Copy as CSV" }).click();
  await tab.page.locator("#panel-measure").getByText("Copied").waitFor();
  const copied = await tab.page.evaluate(() => navigator.clipboard.readText());
  assert.match(copied, /^number,name,kind,value,unit/);
  assert.match(copied, /1,edge,distance,50,px/);
  await tab.close();
});

test("nonsense in the link is no measurement", async () => {
  const tab = await pages.view("reference", `${HASH}&m=d1_2;x;%3Cscript%3E;d5_5_8_9;a1_1`);
  await tab.press("m");
  assert.deepEqual(await list(tab), ["1. Distance: 5 px"]);
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

test("taps measure on a phone, and the button Done ends", async () => {
  const viewport = { width: 360, height: 640 };
  const tab = await pages.view("reference", HASH, { viewport, isMobile: true, hasTouch: true });
  await tab.page.locator("#tool-measure").tap();
  const panel = tab.page.locator("#panel-measure");
  await panel.getByRole("button", { name: "Distance" }).tap();
  const done = panel.getByRole("button", { name: "Done" });
  assert.equal(await done.isDisabled(), true);
  const middle = await fromMiddle(tab, [0, -150]);
  await tab.page.touchscreen.tap(...middle);
  // Two taps in quick succession would be a double tap.
  await tab.page.waitForTimeout(600);
  await tab.page.touchscreen.tap(middle[0] + 80, middle[1]);
  await done.tap();
  assert.deepEqual(await list(tab), ["1. Distance: 160 px"]);
  assert.equal(await tab.page.evaluate(() => document.documentElement.scrollWidth), 360);
  assert.deepEqual(tab.problems, []);
  await tab.close();
});
