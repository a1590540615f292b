// Comparing two slides: side by side and one over the other, locked, aligned by hand, and restored by links.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { PNG } from "pngjs";
import { violations } from "./harness/axe.js";
import { Pages } from "./harness/pages.js";
import { Picture } from "./harness/picture.js";
import { compareToReference, REFERENCE, referenceColour } from "./harness/reference.js";
import { assertApart, assertNear, assertOnScreen, stageColour, viewOf } from "./harness/view.js";

const GREEN = [20, 160, 60];

/** A picture of the reference slide's size in one colour, so that what is drawn of which slide can be told apart. */
async function writeGreen(file) {
  const image = new PNG({ width: REFERENCE.width, height: REFERENCE.height, colorType: 2 });
  for (let offset = 0; offset < image.data.length; offset += 4) image.data.set([...GREEN, 255], offset);
  await writeFile(file, PNG.sync.write(image, { colorType: 2 }));
}

const pages = new Pages(async ({ site }) => {
  await site.packReference("reference", "--mode", "exact");
  await site.packReference("twin", "--mode", "stored");
  const green = path.join(site.folder, "green.png");
  await writeGreen(green);
  await site.pack(green, "green");
});

/** Waits until the second slide is open and drawn. */
async function secondSettled(tab) {
  await tab.settled();
  await tab.page.waitForFunction(() => window.page?.compare?.viewer?.world.getItemAt(0)?.getFullyLoaded());
  await tab.page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50)))),
  );
}

/** The view of the second slide: the slide pixel at the centre, and screen pixels per slide pixel. */
function secondViewOf(tab) {
  return tab.page.evaluate(() => {
    const { viewport } = window.page.compare.viewer;
    const { x, y } = viewport.viewportToImageCoordinates(viewport.getCenter(true));
    return { x, y, zoom: viewport.viewportToImageZoom(viewport.getZoom(true)), degrees: viewport.getRotation(true) };
  });
}

/** A screenshot of the second slide in its half of the stage, without the controls over it. */
async function secondPicture(tab) {
  const hide = ".stage > :not(#slide, .compare-pane), .compare-head";
  await tab.page.locator(hide).evaluateAll((controls) => controls.forEach((control) => (control.style.opacity = "0")));
  const screenshot = PNG.sync.read(await tab.page.locator(".compare-slide").screenshot());
  const { x, y, zoom } = await secondViewOf(tab);
  await tab.page.locator(hide).evaluateAll((controls) => controls.forEach((control) => (control.style.opacity = "")));
  const corner = { x: x - screenshot.width / 2 / zoom, y: y - screenshot.height / 2 / zoom };
  return new Picture(screenshot, { ...corner, zoom });
}

/** Moves the first slide, and leaves the rest of the address to the page. */
async function moveFirst(tab, x, y, zoom) {
  await tab.page.evaluate(
    ([x, y, zoom]) => {
      const { viewport } = window.viewer;
      viewport.zoomTo(viewport.imageToViewportZoom(zoom), null, true);
      viewport.panTo(viewport.imageToViewportCoordinates(x, y), true);
    },
    [x, y, zoom],
  );
  await secondSettled(tab);
}

async function assertSameView(tab, { dx = 0, dy = 0 } = {}) {
  const [first, second] = [await viewOf(tab), await secondViewOf(tab)];
  assertNear(second.x, first.x + dx, 0.1, "column of the second");
  assertNear(second.y, first.y + dy, 0.1, "row of the second");
  assertNear(second.zoom / first.zoom, 1, 1e-5, "zoom of the second");
}

/** Opens the reference slide beside another one. */
async function compare(id, hash, options) {
  const tab = await pages.view("reference", `${hash}&with=${id}`, options);
  await secondSettled(tab);
  return tab;
}

test("opening a second slide leaves the first as large as it was, and so does a reload", async () => {
  const tab = await compare("twin", "#1150,850,0.9");
  assertNear((await viewOf(tab)).zoom, 0.9, 1e-4, "zoom beside the second");
  await assertSameView(tab);
  await tab.page.setViewportSize({ width: 900, height: 700 });
  await secondSettled(tab);
  assertNear((await viewOf(tab)).zoom, 0.9, 1e-4, "zoom in a smaller window");
  await assertSameView(tab);
  await tab.page.reload();
  await secondSettled(tab);
  assertNear((await viewOf(tab)).zoom, 0.9, 1e-4, "zoom after a reload");
  await assertSameView(tab);
  await tab.close();
});

test("a slide is found and chosen with the keyboard, and is drawn beside the first at the same place", async () => {
  const tab = await pages.view("reference", "#1150,850,0.9");
  await tab.press("c");
  const filter = tab.page.getByLabel("Choose a slide");
  await filter.fill("reference");
  await tab.page.locator('[data-slide="twin"]').waitFor();
  const choices = tab.page.locator("[data-slide]");
  const offered = await choices.evaluateAll((items) => items.map((item) => item.dataset.slide));
  assert.deepEqual(offered, ["twin"], "the slide on display is not offered");
  await filter.press("ArrowDown");
  await tab.press("Enter");
  await secondSettled(tab);
  assert.match(tab.page.url(), /with=twin/);
  await assertSameView(tab);
  const drawn = compareToReference(await secondPicture(tab), await stageColour(tab));
  assert.ok(drawn.inside > 50_000, JSON.stringify(drawn));
  assert.ok(drawn.mean < 3, JSON.stringify(drawn));
  const one = await tab.page.locator("#slide").boundingBox();
  const other = await tab.page.locator(".compare-pane").boundingBox();
  assertApart(one, other);
  assertNear(one.width, other.width, 2, "width of the halves");
  assert.deepEqual(await violations(tab.page), []);
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

test("the focus stays in the panel, and not in a field to write in, when a slide is chosen and closed", async () => {
  const tab = await pages.view("reference", "", { isMobile: true, hasTouch: true });
  const focused = () => tab.page.evaluate(() => document.activeElement.id);
  await tab.page.locator("#tool-compare").tap();
  await tab.page.locator('[data-slide="twin"] button').tap();
  await secondSettled(tab);
  assert.equal(await focused(), "panel-compare", "a phone would show its keyboard");
  await tab.page.locator("#panel-compare").getByRole("button", { name: "Close", exact: true }).tap();
  assert.equal(await focused(), "panel-compare", "the button is gone");
  await tab.close();
});

test("whichever slide is moved, turned or flipped, the other follows", async () => {
  const tab = await compare("twin", "#1150,850,0.9");
  await moveFirst(tab, 700, 600, 1.5);
  await assertSameView(tab);
  await tab.page.locator(".compare-slide .openseadragon-canvas").focus();
  await tab.press("ArrowRight", 2);
  await tab.press("+");
  await secondSettled(tab);
  const moved = await viewOf(tab);
  assert.ok(moved.x > 750 && moved.zoom > 2, `the first has followed the second: ${JSON.stringify(moved)}`);
  await assertSameView(tab);
  await tab.press("r");
  await tab.press("h");
  await secondSettled(tab);
  const both = await tab.page.evaluate(() =>
    [window.viewer, window.page.compare.viewer].map(({ viewport }) => [viewport.getRotation(true), viewport.getFlip()]),
  );
  assert.notEqual(both[0][0], 0);
  assert.deepEqual(both[1], both[0]);
  await assertSameView(tab);
  // The wheel over the second slide zooms about the pointer, which moves both.
  const box = await tab.page.locator(".compare-slide").boundingBox();
  await tab.page.mouse.move(box.x + 50, box.y + box.height / 2);
  await tab.page.mouse.wheel(0, -300);
  await tab.page.waitForFunction((zoom) => {
    const { viewport } = window.viewer;
    return viewport.viewportToImageZoom(viewport.getZoom(true)) > zoom;
  }, moved.zoom * 1.1);
  await secondSettled(tab);
  await assertSameView(tab);
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

test("unlocked, the second slide moves alone, and locking and a link keep how the two then lie", async () => {
  const tab = await compare("twin", "#1150,850,0.9");
  const before = await viewOf(tab);
  const lock = tab.page.locator(".compare-pane").getByRole("button", { name: "Unlock to align" });
  await lock.click();
  assert.equal(await lock.getAttribute("aria-pressed"), "true");
  await tab.page.locator(".compare-slide .openseadragon-canvas").focus();
  await tab.press("ArrowRight");
  await tab.press("ArrowDown", 2);
  await secondSettled(tab);
  assert.deepEqual(await viewOf(tab), before, "the first slide stays");
  const moved = await secondViewOf(tab);
  const offset = { dx: moved.x - before.x, dy: moved.y - before.y };
  assert.ok(offset.dx > 50 && offset.dy > 50, JSON.stringify(offset));
  await lock.click();
  await moveFirst(tab, 800, 700, 1.2);
  await assertSameView(tab, offset);
  await tab.page.waitForFunction(() => location.hash.includes("at=") && location.hash.startsWith("#800"));
  const other = await pages.view("reference", new URL(tab.page.url()).hash);
  await secondSettled(other);
  await assertSameView(other, offset);
  await other.page.getByRole("button", { name: "Compare", exact: true }).click();
  await other.page.getByRole("button", { name: "Align anew" }).click();
  await assertSameView(other);
  assert.deepEqual([...tab.problems, ...other.problems], []);
  await tab.close();
  await other.close();
});

/** Fails unless the first slide is seen left of `cut`, a share of the width, and green right of it. */
async function assertCutAt(tab, cut) {
  const picture = await tab.picture("#slide, .compare-pane");
  const row = Math.round(picture.height * 0.3);
  for (let share = 0.06; share < 0.95; share += 0.04) {
    if (Math.abs(share - cut) < 0.03) continue;
    const column = Math.round(picture.width * share);
    const drawn = picture.colourAt(column, row);
    const expected = share < cut ? referenceColour(...picture.slideAt(column, row)) : GREEN;
    const apart = Math.max(...expected.map((value, channel) => Math.abs(value - drawn[channel])));
    assert.ok(apart < 14, `column ${column} of ${picture.width}, cut at ${cut}: ${drawn} instead of ${expected}`);
  }
}

test("one over the other, the slider cuts where it is, by keys and by dragging, and the link keeps it", async () => {
  const tab = await compare("green", "#1150,850,1&as=over");
  await assertCutAt(tab, 0.5);
  const slider = tab.page.getByRole("slider", { name: /Divider/ });
  const before = await viewOf(tab);
  await slider.focus();
  await tab.press("PageUp", 2);
  await tab.press("ArrowLeft");
  assert.equal(await slider.getAttribute("aria-valuenow"), "69");
  await assertCutAt(tab, 0.69);
  assert.deepEqual(await viewOf(tab), before, "the keys of the slider do not pan");
  const [handle, stage] = [await slider.boundingBox(), await tab.page.locator("#stage").boundingBox()];
  await tab.page.mouse.move(handle.x + handle.width / 2, handle.y + handle.height / 2);
  await tab.page.mouse.down();
  await tab.page.mouse.move(stage.x + stage.width * 0.25, handle.y + handle.height / 2, { steps: 4 });
  await tab.page.mouse.up();
  await assertCutAt(tab, 0.25);
  assert.deepEqual(await viewOf(tab), before, "dragging the slider does not pan");
  await tab.page.waitForFunction(() => location.hash.includes("at=25"));
  await tab.page.reload();
  await secondSettled(tab);
  await assertCutAt(tab, 0.25);
  assert.deepEqual(await violations(tab.page), []);
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

test("without opacity the second slide over the first is not seen", async () => {
  const tab = await compare("green", "#1150,850,1&as=over&at=25,0");
  await assertCutAt(tab, 1);
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

for (const [hash, word] of [
  ["&with=gone&as=side", /There is no slide “gone”/],
  ["&with=..%2F..%2Fetc&as=%3Cscript%3E&at=NaN,,1e999", /There is no slide/],
]) {
  test(`a link to compare with nothing says so, and the first slide stays (${hash})`, async () => {
    const tab = await pages.view("reference", `#1150,850,1${hash}`);
    const notice = tab.page.locator(".compare-notice");
    await notice.waitFor();
    assert.match(await notice.innerText(), word);
    assert.equal(await tab.page.locator(".compare-pane").count(), 0);
    await tab.page.waitForFunction(() => !location.hash.includes("with="));
    await tab.settled();
    const drawn = compareToReference(await tab.picture(), await stageColour(tab));
    assert.ok(drawn.mean < 3, JSON.stringify(drawn));
    await notice.getByRole("button").click();
    assert.equal(await notice.count(), 0);
    await tab.close();
  });
}

test("the slide itself and nonsense about the arrangement are ignored", async () => {
  const itself = await pages.view("reference", "#1150,850,1&with=reference&as=over");
  assert.equal(await itself.page.locator(".compare-pane").count(), 0);
  await itself.close();
  const tab = await compare("twin", "#1150,850,1&as=beneath&at=500,1,2,3,0,zero");
  assert.equal(await tab.page.locator("#stage").getAttribute("data-compare"), "side");
  await assertSameView(tab);
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

test("swapping opens the second slide as the first at the same place, and closing leaves it alone", async () => {
  const tab = await compare("green", "#900,700,0.8&as=over&at=30,80,40,-20");
  const wanted = await secondViewOf(tab);
  await tab.page.locator(".compare-pane").getByRole("button", { name: /Swap/ }).click();
  await tab.page.waitForURL(/\/view\/green/);
  await secondSettled(tab);
  const [now, second] = [await viewOf(tab), await secondViewOf(tab)];
  assertNear(now.x, wanted.x, 0.2, "column");
  assertNear(now.y, wanted.y, 0.2, "row");
  assertNear(second.x, 900, 0.3, "column of the second");
  assertNear(second.y, 700, 0.3, "row of the second");
  assert.match(tab.page.url(), /with=reference&as=over&at=30,80/);
  await tab.page.getByRole("button", { name: "Close the second slide" }).click();
  assert.equal(await tab.page.locator(".compare-pane").count(), 0);
  await tab.page.waitForFunction(() => !/with=|as=|at=/.test(location.hash));
  await tab.settled();
  const box = await tab.page.locator("#slide").boundingBox();
  assert.equal(box.width, (await tab.page.locator("#stage").boundingBox()).width);
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

for (const way of ["side", "over"]) {
  test(`two slides fit on a phone (${way})`, async () => {
    const viewport = { width: 320, height: 640 };
    const options = { viewport, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };
    const tab = await compare("green", `#1150,850,0.3&as=${way}`, options);
    assert.equal(await tab.page.evaluate(() => document.documentElement.scrollWidth), 320);
    const one = await tab.page.locator("#slide").boundingBox();
  const other = await tab.page.locator(".compare-pane").boundingBox();
    if (way === "side") assert.ok(other.y >= one.y + one.height - 1, "one above the other");
    const head = await tab.page.locator(".compare-head").boundingBox();
    assertOnScreen(head, viewport);
    assertApart(head, await tab.page.locator("#rail").boundingBox());
    assert.deepEqual(await violations(tab.page), []);
    assert.deepEqual(tab.problems, []);
    await tab.close();
  });
}

test("when the server does not answer, the second slide's pane says so, and trying again shows the slide", async () => {
  let isAway = false;
  const shouldFail = (url) => isAway && url.includes("/twin");
  const tab = await compare("twin", "#600,500,2", { shouldFail });
  isAway = true;
  await tab.page.evaluate(() => {
    const { viewport } = window.viewer;
    viewport.panTo(viewport.imageToViewportCoordinates(1800, 1300), true);
  });
  const message = tab.page.locator(".compare-message");
  await message.waitFor();
  assert.match(await message.innerText(), /does not answer/);
  isAway = false;
  await message.getByRole("button", { name: "Try again" }).click();
  await secondSettled(tab);
  assert.equal(await message.isVisible(), false);
  await assertSameView(tab);
  const drawn = compareToReference(await secondPicture(tab), await stageColour(tab));
  assert.ok(drawn.mean < 3, JSON.stringify(drawn));
  await tab.close();
});
