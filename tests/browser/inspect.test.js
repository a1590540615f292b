// Inspecting tiles: what the overlay and the panel say of them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { kindOf, originOf, sums } from "../../crates/server/viewer/src/view/inspect/kinds.js";
import { rectangles, tileAt, tileRectangle } from "../../crates/server/viewer/src/view/inspect/tile-grid.js";
import { violations } from "./harness/axe.js";
import { Pages } from "./harness/pages.js";
import { REFERENCE } from "./harness/reference.js";
import { viewOf } from "./harness/view.js";

/** The level of full resolution of the reference slide. */
const FULL = 12;
const SLIDE = { ...REFERENCE, tile_size: 256, levels: FULL + 1 };

const pages = new Pages(async ({ site }) => {
  await site.packReference("exact", "--mode", "exact");
  await site.packReference("luma", "--mode", "luma");
  await site.packReference("stored", "--mode", "stored");
});

test("the rectangle of a tile ends where the slide ends", () => {
  assert.deepEqual(tileRectangle(SLIDE, { z: FULL, x: 1, y: 2 }), { left: 256, top: 512, right: 512, bottom: 768 });
  const last = { left: 2048, top: 1024, right: REFERENCE.width, bottom: REFERENCE.height };
  assert.deepEqual(tileRectangle(SLIDE, { z: FULL - 2, x: 2, y: 1 }), last);
});

test("the finest tile at a place is found", () => {
  const tiles = [FULL - 1, FULL].map((z) => ({ z, area: tileRectangle(SLIDE, { z, x: 0, y: 0 }) }));
  assert.equal(tileAt(tiles, { x: 255.9, y: 10 }).z, FULL);
  assert.equal(tileAt(tiles, { x: 256, y: 10 }).z, FULL - 1);
  assert.equal(tileAt(tiles, { x: 600, y: 10 }), null);
});

test("tiles are asked for in rectangles that are small enough and leave none out", () => {
  assert.deepEqual(rectangles([]), []);
  assert.deepEqual(rectangles([{ x: 3, y: 4 }, { x: 5, y: 4 }]), [{ x: 3, y: 4, columns: 3, rows: 1 }]);
  const corners = [{ x: 10, y: 0 }, { x: 109, y: 24 }];
  const found = rectangles(corners);
  assert.ok(found.every(({ columns, rows }) => columns * rows <= 1024));
  assert.equal(found.reduce((sum, { columns, rows }) => sum + columns * rows, 0), 100 * 25);
});

test("where a tile came from is read from the browser's record", () => {
  function transfer(transferSize, name) {
    return { transferSize, decodedBodySize: 900, serverTiming: name ? [{ name }] : [] };
  }
  assert.equal(originOf(null), "unknown");
  assert.equal(originOf(transfer(1200, "rebuilt")), "rebuilt");
  assert.equal(originOf(transfer(0, "rebuilt")), "browser");
  assert.equal(originOf(transfer(1200, "constructor")), "unknown");
  assert.equal(originOf(transfer(1200, null)), "unknown");
  assert.equal(kindOf("predicted"), "predicted");
  assert.equal(kindOf("toString"), "unknown");
  assert.equal(kindOf(null), "unknown");
});

test("sums count unknown sizes as nothing", () => {
  const facts = [
    { kind: "stored", packed: 10, sent: 30 },
    { kind: "stored", packed: null, sent: null },
    { kind: "blank", packed: 0, sent: 5 },
  ];
  const found = sums(facts, "kind");
  assert.deepEqual(found.get("stored"), { tiles: 2, packed: 10, sent: 30 });
  assert.deepEqual(found.get("blank"), { tiles: 1, packed: 0, sent: 5 });
});

/** Opens a slide with inspection on, and waits until the kinds of all tiles are known. */
async function inspect(id, hash) {
  const tab = await pages.view(id, `${hash}&tiles=1`);
  await tab.press("t");
  await known(tab);
  return tab;
}

async function known(tab) {
  await tab.settled();
  await tab.page.waitForFunction(() => {
    const [kinds] = document.querySelectorAll("#panel-tiles .tile-table");
    return kinds.tBodies[0].rows.length > 0 && !kinds.innerText.includes("Not known yet");
  });
  // The panel is at most a few changes behind the screen.
  await tab.page.waitForTimeout(400);
}

/** The rows of one of the two tables: the texts by that of the first column, without the letter of a kind. */
async function table(tab, index) {
  const rows = await tab.page
    .locator("#panel-tiles .tile-table")
    .nth(index)
    .locator("tbody tr")
    .evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent)));
  return new Map(rows.map(([name, ...texts]) => [index === 0 ? name.replace(/^\S+ /, "") : name, texts]));
}

function sumOf(texts) {
  return texts.reduce((sum, text) => sum + Number(text), 0);
}

/** How many tiles are on the screen. */
function drawnTiles(tab) {
  return tab.page.evaluate(() => {
    const drawn = window.viewer.world.getItemAt(0).lastDrawn.map(({ tile }) => `${tile.level}/${tile.x}/${tile.y}`);
    return new Set(drawn).size;
  });
}

/** The texts of the panel about one tile, by what they are about. */
async function facts(tab) {
  const texts = await tab.page.locator(".tile-facts dl > *").allInnerTexts();
  const found = {};
  for (let i = 0; i < texts.length; i += 2) found[texts[i]] = texts[i + 1];
  return found;
}

/** Fails unless something, or nothing, is drawn over the slide. */
async function assertOverlay(tab, isDrawn) {
  const painted = await tab.page.evaluate(() => {
    const canvas = document.querySelector(".tile-overlay");
    if (!canvas) return 0;
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((value, index) => index % 4 === 3 && value > 0).length;
  });
  assert.equal(painted > 1000, isDrawn, `${painted} pixels of the overlay`);
}

/** A tile that equals its prediction takes no bytes, whatever the others of its level are. */
const EMPTY = "Empty: as predicted";

for (const [id, zoom, expected] of [
  ["exact", 1, ["Predicted from its parent", EMPTY]],
  ["exact", 0.2, ["Predicted from its parent", EMPTY]],
  ["luma", 1, ["Residual", EMPTY]],
  ["luma", 0.2, ["Stored as JPEG"]],
  ["stored", 1, ["Stored as JPEG"]],
]) {
  test(`tiles of ${id} at zoom ${zoom} are kept as: ${expected.join(", or ").toLowerCase()}`, async () => {
    const tab = await inspect(id, `#1150,850,${zoom}`);
    const [kinds, origins] = [await table(tab, 0), await table(tab, 1)];
    assert.ok([...kinds.keys()].every((kind) => expected.includes(kind)), [...kinds.keys()].join());
    const drawn = await drawnTiles(tab);
    assert.equal(sumOf([...kinds.values()].map(([tiles]) => tiles)), drawn);
    assert.equal(sumOf([...origins.values()].map(([tiles]) => tiles)), drawn, JSON.stringify([...origins]));
    assert.equal(origins.has("Not known: loaded earlier"), false, JSON.stringify([...origins]));
    for (const [, , sent] of kinds.values()) assert.match(sent, /^[1-9]/, "the sizes of the responses are known");
    await assertOverlay(tab, true);
    assert.deepEqual(await violations(tab.page), []);
    assert.deepEqual(tab.problems, []);
    await tab.close();
  });
}

test("the panel describes the tile in the middle or under the pointer, of a turned and flipped slide too", async () => {
  for (const [hash, row] of [
    ["#1150,640,1&r=90", 1],
    ["#1150,640,1&r=90&flip=1", 3],
  ]) {
    const tab = await inspect("exact", hash);
    const middle = await facts(tab);
    assert.equal(middle.Level, String(FULL));
    assert.equal(middle["Column, row"], "4, 2");
    const box = await tab.page.locator("#slide").boundingBox();
    await tab.page.mouse.move(box.x + box.width / 2 + 256, box.y + box.height / 2);
    await tab.page.getByRole("heading", { name: "The tile under the pointer" }).waitFor();
    // Turned clockwise, what is right on the screen is above on the slide; flipped, it is below.
    assert.equal((await facts(tab))["Column, row"], `4, ${row}`);
    const link = await tab.page.locator(".tile-facts a").getAttribute("href");
    assert.match(link, new RegExp(`/dzi/exact_files/${FULL}/4_${row}\\.jpg`));
    assert.equal((await fetch(link)).status, 200);
    await tab.close();
  }
});

test("the switch turns everything on and off, and the link says so", async () => {
  const tab = await pages.view("exact", "#1150,850,1");
  const asked = [];
  tab.page.on("request", (request) => request.url().includes("/levels/") && asked.push(request.url()));
  await tab.press("ArrowRight");
  await tab.settled();
  assert.equal(await tab.page.locator(".tile-overlay").count(), 0);
  assert.deepEqual(asked, [], "nothing is asked while it is off");
  await tab.press("t");
  const toggle = tab.page.getByRole("switch", { name: "Outline the tiles" });
  await toggle.check();
  await known(tab);
  await assertOverlay(tab, true);
  await tab.page.waitForFunction(() => location.hash.includes("tiles=1"));
  const before = await viewOf(tab);
  const box = await tab.page.locator("#slide").boundingBox();
  await tab.page.mouse.move(box.x + 600, box.y + 400);
  await tab.page.mouse.down();
  await tab.page.mouse.move(box.x + 500, box.y + 350, { steps: 3 });
  await tab.page.mouse.up();
  await tab.settled();
  assert.ok((await viewOf(tab)).x > before.x + 50, "the overlay does not catch the pointer");
  await toggle.uncheck();
  assert.equal(await tab.page.locator(".tile-overlay").count(), 0);
  assert.equal(await tab.page.locator(".tile-results").isVisible(), false);
  await tab.page.waitForFunction(() => !location.hash.includes("tiles"));
  const number = asked.length;
  await tab.moveTo(300, 300, 1);
  assert.equal(asked.length, number, "nothing is asked when it is off again");
  assert.deepEqual(tab.problems, []);
  await tab.close();
});
