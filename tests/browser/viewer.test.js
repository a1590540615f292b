// The viewer around the slide: links to a view, keys, panels, and what it says when something is missing.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { test } from "node:test";
import { Tab } from "./harness/browser.js";
import { packBoth, Pages } from "./harness/pages.js";
import { REFERENCE } from "./harness/reference.js";
import { assertApart, assertNear, assertOnScreen, viewOf } from "./harness/view.js";

const pages = new Pages(async ({ site }) => {
  await packBoth(site);
  await writeFile(site.packPath("broken"), "not a pack");
});

test("a link to a view restores it, and moving rewrites the link", async () => {
  const tab = await pages.view("reference", "#1200.5,700.5,0.8");
  const first = await viewOf(tab);
  assertNear(first.x, 1200.5, 0.01, "column");
  assertNear(first.y, 700.5, 0.01, "row");
  assertNear(first.zoom, 0.8, 1e-6, "zoom");
  await tab.press("ArrowRight");
  await tab.page.waitForFunction(() => !location.hash.startsWith("#1200.5"));
  await tab.settled();
  const moved = await viewOf(tab);
  assert.ok(moved.x > 1250, `${moved.x} is further to the right`);
  const other = await Tab.open(pages.browser, tab.page.url());
  await other.settled();
  const restored = await viewOf(other);
  assertNear(restored.x, moved.x, 0.1, "column");
  assertNear(restored.y, moved.y, 0.1, "row");
  assertNear(restored.zoom, moved.zoom, 1e-4, "zoom");
  assert.deepEqual([...tab.problems, ...other.problems], []);
  await tab.close();
  await other.close();
});

for (const nonsense of [
  "#nonsense",
  "#%",
  "#1,2",
  "#NaN,NaN,NaN&r=NaN&flip=maybe&look=&m=%E0%A4%A&tiles=<b>",
  "#&&&=&__proto__=1&constructor=2",
  `#m=${"9".repeat(200_000)}`,
]) {
  test(`a link with nonsense in it shows the whole slide: ${nonsense.slice(0, 40)}`, async () => {
    const tab = await pages.view("reference", nonsense);
    const whole = await viewOf(tab);
    assertNear(whole.x, REFERENCE.width / 2, 0.5, "column");
    assertNear(whole.y, REFERENCE.height / 2, 0.5, "row");
    assert.deepEqual(tab.problems, []);
    await tab.close();
  });
}

test("a view far away or with a huge zoom shows a part of the slide", async () => {
  const tab = await pages.view("reference", "#1e300,-1e300,1e300");
  const { x, y, zoom } = await viewOf(tab);
  assert.ok([x, y, zoom].every(Number.isFinite), JSON.stringify([x, y, zoom]));
  assert.ok(x > -REFERENCE.width && x < 2 * REFERENCE.width, `column ${x}`);
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

test("a link that is typed into the address of an open page is followed, and unknown parts of it are dropped", async () => {
  const tab = await pages.view("reference", "#1100,800,0.5");
  await tab.page.evaluate(() => {
    location.hash = "#900,700,1&unknown=1";
  });
  await tab.settled();
  assertNear((await viewOf(tab)).x, 900, 0.5, "column");
  await tab.press("ArrowRight");
  await tab.page.waitForFunction(() => !location.hash.startsWith("#900"));
  assert.ok(!tab.page.url().includes("unknown"));
  await tab.close();
});

test("the page works when the browser forbids storage", async () => {
  const tab = await pages.open("/view/reference?drawer=canvas", { storage: "forbidden" });
  await tab.settled();
  await tab.press("i");
  assert.equal(await tab.page.locator("#details").isVisible(), true);
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

test("the title is the slide's, in the bar and in the browser's tab", async () => {
  const tab = await pages.view("reference");
  const { title } = await (await fetch(`${pages.site.url}/slides/reference`)).json();
  assert.equal(await tab.page.locator("#name").innerText(), title);
  assert.equal(await tab.page.title(), `${title} · Origami`);
  await tab.close();
});

/** Presses a key, and returns how far it moved the view and by what factor it zoomed. */
async function changeBy(tab, key) {
  const before = await viewOf(tab);
  await tab.press(key);
  await tab.settled();
  const now = await viewOf(tab);
  return { x: now.x - before.x, y: now.y - before.y, zoom: now.zoom / before.zoom };
}

test("keys pan, zoom and open the panels wherever the focus is", async () => {
  const tab = await pages.view("reference", "#1100,800,0.5");
  assert.ok((await changeBy(tab, "+")).zoom > 1.2);
  assert.ok((await changeBy(tab, "-")).zoom < 0.8);
  assert.ok((await changeBy(tab, "ArrowLeft")).x < -50);
  assert.ok((await changeBy(tab, "ArrowUp")).y < -50);
  await changeBy(tab, "1");
  assertNear((await viewOf(tab)).zoom, 1, 1e-6, "key 1");
  await changeBy(tab, "0");
  assertNear((await viewOf(tab)).x, REFERENCE.width / 2, 0.5, "key 0");
  await tab.press("i");
  assert.equal(await tab.page.locator("#details").isVisible(), true);
  assert.equal((await changeBy(tab, "ArrowDown")).y, 0, "arrow keys scroll the open panel");
  await tab.press("Escape");
  assert.equal(await tab.page.locator("#details").isVisible(), false);
  assert.equal(await focusedId(tab), "details-toggle", "the focus goes back to the button");
  await tab.press("?");
  assert.equal(await focusedId(tab), "keys-title");
  assert.match(await tab.page.locator("#keys").innerText(), /←\s*↑\s*↓\s*→\s+pan/);
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

/** The id of the element that has the focus. */
function focusedId(tab) {
  return tab.page.evaluate(() => document.activeElement.id);
}

test("panels take the focus, give it back, and close each other", async () => {
  const tab = await pages.view("reference");
  await tab.page.evaluate(() => {
    const { panels } = window.page;
    window.events = [];
    for (const name of ["one", "two"]) {
      panels.add({
        id: name,
        title: `Panel ${name}`,
        icon: "M4 4h16",
        key: name === "one" ? "8" : "9",
        group: "inspect",
        description: "Only a test.",
        onOpen: () => window.events.push(`${name} opens`),
        onClose: () => window.events.push(`${name} closes`),
      }).body.append(document.createElement("input"));
    }
  });
  await tab.press("8");
  assert.equal(await focusedId(tab), "panel-one");
  const button = tab.page.locator("#tool-one");
  assert.equal(await button.getAttribute("aria-expanded"), "true");
  assert.equal(await button.getAttribute("aria-controls"), "panel-one");
  await tab.press("9");
  assert.equal(await tab.page.locator("#panel-one").isVisible(), false);
  await tab.page.locator("#panel-two input").focus();
  await tab.press("8");
  assert.equal(await tab.page.locator("#panel-two input").inputValue(), "8", "keys are text in a field");
  await tab.press("Escape");
  assert.equal(await focusedId(tab), "tool-two");
  assert.deepEqual(await tab.page.evaluate(() => window.events), ["one opens", "one closes", "two opens", "two closes"]);
  assert.match(await tab.page.locator("#keys").textContent(), /panel one/);
  await tab.close();
});

test("full page covers the page and Escape leaves it", async () => {
  const tab = await pages.view("reference");
  const button = tab.page.getByRole("button", { name: "Full page" });
  await button.click();
  const box = await tab.page.locator("#stage").boundingBox();
  assert.deepEqual([box.x, box.y], [0, 0]);
  assert.ok(await button.isVisible(), "there is a way out without a keyboard");
  await tab.press("Escape");
  await tab.page.waitForFunction(() => document.getElementById("stage").getBoundingClientRect().top > 0);
  await tab.close();
});

test("the focus goes to the slide when the details are closed whose button is behind the full page", async () => {
  const tab = await pages.view("reference");
  await tab.press("f");
  await tab.page.waitForFunction(() => document.fullscreenElement);
  await tab.press("i");
  await tab.page.getByRole("button", { name: "Close the details" }).click();
  assert.ok(await tab.page.evaluate(() => document.activeElement === window.viewer.canvas));
  await tab.close();
});

test("the details leave the zoom buttons and the navigator in sight, and all columns of the levels", async () => {
  const viewport = { width: 1280, height: 800 };
  const tab = await pages.view("reference", "", { viewport });
  await tab.press("i");
  const details = await tab.page.locator("#details").boundingBox();
  for (const selector of ["#zoom", "#instruments", ".navigator"]) {
    const box = await tab.page.locator(selector).boundingBox();
    assertOnScreen(box, viewport);
    assertApart(box, details);
  }
  const hidden = await tab.page.locator("#levels").evaluate(({ parentElement: { scrollWidth, clientWidth } }) => {
    return scrollWidth - clientWidth;
  });
  assert.equal(hidden, 0, "pixels of the table that are out of sight");
  await tab.close();
});

test("the details name every level with its size", async () => {
  const tab = await pages.view("reference");
  await tab.page.getByRole("button", { name: "Details" }).click();
  const rows = await tab.page.locator("#levels tbody tr").allInnerTexts();
  let { width, height } = REFERENCE;
  for (const row of rows) {
    assert.ok(row.replaceAll(",", "").includes(`${width} × ${height}`), `${width} × ${height} in ${row}`);
    [width, height] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  }
  assert.equal(rows.length, 13);
  assert.match(await tab.page.locator("#metadata").innerText(), /reference\.png/);
  assert.match(await tab.page.locator("#levels-summary").innerText(), /of tiles/);
  assert.ok((await tab.page.locator("#quality tbody tr").count()) >= 2, "the measured quality is shown");
  await tab.close();
});

for (const [id, status, words] of [
  ["nowhere", 404, /no such slide/i],
  ["broken", 500, /cannot be opened/i],
]) {
  test(`the page of the slide “${id}” has the status ${status} and says why`, async () => {
    const tab = await pages.open(`/view/${id}`);
    assert.equal(tab.response.status(), status);
    assert.match(await tab.page.locator("main").innerText(), words);
    assert.equal(await tab.page.locator("#zoom").count(), 0);
    await tab.page.getByRole("link", { name: "All slides" }).click();
    await tab.page.locator('[data-slide="reference"]').waitFor();
    await tab.close();
  });
}

test("a slide that goes away while its page loads is said to be gone", async () => {
  const context = await pages.browser.newContext();
  const page = await context.newPage();
  await page.route("**/slides/reference", (route) => route.fulfill({ status: 404, json: { error: "no such slide" } }));
  await page.goto(`${pages.site.url}/view/reference`);
  await page.locator("#message").waitFor();
  assert.match(await page.locator("#message").innerText(), /no slide “reference”/);
  assert.equal(await page.locator("#zoom").isVisible(), false);
  await page.locator("#message").getByRole("link", { name: "All slides" }).click();
  await page.locator('[data-slide="reference"]').waitFor();
  await context.close();
});
