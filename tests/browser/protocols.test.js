// Every viewer over every protocol: unmodified, in a page of another origin, with the slide's pixels at the right places.

import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { PNG } from "pngjs";
import { launch } from "./harness/browser.js";
import { ExamplePages } from "./harness/example-pages.js";
import { REFERENCE, worstDifference } from "./harness/reference.js";
import { Site } from "./harness/site.js";
import { WORKSPACE } from "./harness/slides.js";
import { assertNear } from "./harness/view.js";
import { VIEWERS } from "./harness/viewers.js";

/** A name with letters that URLs have to escape. */
const ID = "Präparat";
/** What was compared is kept here, to be looked at. */
const SCREENSHOTS = path.join(WORKSPACE, "target/screenshots/protocols");
/** Slide pixels: so far inside the slide that its bottom right corner, with cropped tiles, is in view everywhere. */
const CORNER = { x: REFERENCE.width - 150, y: REFERENCE.height - 100 };
/** Values of a channel. JPEG differs from the slide by less; a place that is wrong by some pixels differs by more. */
const TOLERANCE = 20;

let browser;
let site;
let pages;

before(async () => {
  browser = await launch();
  site = await Site.create();
  await site.packReference(ID, "--quality", "95");
  await site.serve();
  pages = await ExamplePages.serve();
  await mkdir(SCREENSHOTS, { recursive: true });
});

after(async () => {
  await browser?.close();
  await site?.close();
  pages?.close();
});

/** Compares what is on the screen with the slide, and returns where on the screen the slide is. */
async function compare(tab, view, name) {
  const place = await view.place();
  assertNear(place.zoomY / place.zoom, 1, 0.005, "pixels of the slide are square");
  const shot = await tab.page.screenshot();
  await writeFile(path.join(SCREENSHOTS, `${name}.png`), shot);
  const worst = worstDifference(PNG.sync.read(shot), place);
  assert.ok(worst < TOLERANCE, `${name}: a channel differs by ${worst}`);
  return place;
}

/** The slide pixel in the middle of the picture. */
function middle(place) {
  return { x: place.x + place.width / 2 / place.zoom, y: place.y + place.height / 2 / place.zoom };
}

for (const viewer of VIEWERS) {
  test(`${viewer.title}: the whole slide and its corner are drawn where they are, and nothing fails`, async () => {
    const tab = await pages.open(browser, viewer, site, ID);
    const view = new viewer.View(tab);
    await view.settled();
    await view.hideControls();

    const whole = await compare(tab, view, `${viewer.name}-whole`);
    assert.ok(whole.zoom < 1, `the whole slide is smaller than its pixels: ${whole.zoom}`);

    await view.goTo(CORNER.x, CORNER.y);
    await view.settled();
    const corner = await compare(tab, view, `${viewer.name}-corner`);
    assertNear(corner.zoom, 1, 0.001, "zoom");
    assertNear(middle(corner).x, CORNER.x, 1.5, "the column in the middle");
    assertNear(middle(corner).y, CORNER.y, 1.5, "the row in the middle");

    if (view.isReadable) assert.ok(await view.isReadable(), "the page may read the pixels");
    const { ownFaults = [] } = viewer;
    assert.deepEqual(tab.problems.filter((problem) => !ownFaults.some((fault) => fault.test(problem))), []);
    await tab.close();
  });
}
