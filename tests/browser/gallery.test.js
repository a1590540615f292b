// The gallery: its cards, search, orders, layouts, folders, long lists, what changes while it is open, and failures.

import assert from "node:assert/strict";
import { copyFile, link, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { brokenEntry, manyEntries, slideEntry } from "./harness/entries.js";
import { FakeList, openGallery } from "./harness/fake-list.js";
import { packBoth, Pages } from "./harness/pages.js";
import { REFERENCE } from "./harness/reference.js";
import { CMU, slideTest } from "./harness/slides.js";

/** Slides in the large folder: more than the first page of the list. */
const MANY = 130;

let large;
let growing;
let empty;

/** Links the pack of the reference slide into another place. */
async function linkReference(pages, file) {
  await mkdir(path.dirname(file), { recursive: true });
  await link(pages.site.packPath("reference"), file);
}

async function siteOf(pages, count) {
  const site = await pages.addSite();
  for (let i = 0; i < count; i += 1) {
    await linkReference(pages, site.packPath(`slide-${String(i).padStart(3, "0")}`));
  }
  return site;
}

const pages = new Pages(async (pages) => {
  const { site } = pages;
  await packBoth(site);
  await writeFile(site.packPath("broken"), (await readFile(site.packPath("reference"))).subarray(0, 100));
  await linkReference(pages, site.packPath("case-1/HE"));
  await linkReference(pages, site.packPath("case-1/deep/IHC"));

  large = await siteOf(pages, MANY);
  growing = await siteOf(pages, 60);
  empty = await pages.addSite();
  for (const other of [large, growing, empty]) await other.serve();
});

/** The size of a card's thumbnail, and the share of its pixels that have a colour other than gray. */
function thumbnail(tab, id) {
  return tab.page.locator(`[data-slide="${id}"] img`).evaluate(async (image) => {
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth;
    canvas.height = image.naturalHeight;
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    let coloured = 0;
    for (let i = 0; i < data.length; i += 4) {
      const [red, green, blue] = data.subarray(i, i + 3);
      if (Math.max(red, green, blue) - Math.min(red, green, blue) > 20) coloured += 1;
    }
    return { width: canvas.width, height: canvas.height, coloured: coloured / (canvas.width * canvas.height) };
  });
}

/** Waits until the line beside the title says this. */
function countSays(tab, text) {
  return tab.page.waitForFunction((text) => document.getElementById("count").textContent === text, text);
}

/** The ids of slides and the paths of folders that are in the page, in their order. */
function itemsOf(tab) {
  return tab.page
    .locator("#cards > li")
    .evaluateAll((items) => items.map((item) => item.dataset.slide ?? item.querySelector("a").dataset.folder));
}

/** The id of the card of the first column that is nearest to a third of the screen, and the place of its top. */
function cardInView(tab) {
  return tab.page.evaluate(() => {
    const cards = [...document.querySelectorAll("#cards > li[data-slide]")].map((card) => ({
      id: card.dataset.slide,
      box: card.getBoundingClientRect(),
    }));
    const left = Math.min(...cards.map(({ box }) => box.left));
    function distance({ box }) {
      return Math.abs((box.top + box.bottom) / 2 - innerHeight / 3);
    }
    const [nearest] = cards
      .filter(({ box }) => box.left < left + 1)
      .sort((one, other) => distance(one) - distance(other));
    return { id: nearest.id, top: nearest.box.top };
  });
}

/** Waits until a card is at this place of the screen. A card under the mouse is raised by two pixels. */
function waitForPlace(tab, { id, top }) {
  return tab.page.waitForFunction(
    ({ id, top }) => {
      const card = document.querySelector(`[data-slide="${id}"]`);
      return card && Math.abs(card.getBoundingClientRect().top - top) < 4;
    },
    { id, top },
  );
}

async function scrollTo(tab, y) {
  await tab.page.evaluate(async (y) => {
    scrollTo(0, y);
    for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame);
  }, y);
}

/** Waits until the address has `value` as `name`. */
function addressHas(tab, name, value) {
  return tab.page.waitForURL((url) => url.searchParams.get(name) === value);
}

test("the gallery shows each slide with its facts and a drawn thumbnail", async () => {
  const tab = await pages.open("/");
  await tab.page.locator("[data-slide]").first().waitFor();
  const reference = await thumbnail(tab, "reference");
  assert.ok(reference.coloured > 0.9, `${reference.coloured} of the picture is coloured`);
  assert.ok(Math.abs(reference.width / reference.height - REFERENCE.width / REFERENCE.height) < 0.02);
  assert.match(await tab.page.locator('[data-slide="reference"]').innerText(), /2,317 × 1,709 px/);
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

slideTest("the gallery shows the objective and the size of a real slide", async () => {
  const tab = await pages.open("/");
  const card = tab.page.locator(`[data-slide="${CMU.id}"]`);
  await card.waitFor();
  const text = await card.innerText();
  for (const fact of ["2,220 × 2,967 px", "1.11 × 1.48 mm", "20×", "0.499 µm/px"]) {
    assert.ok(text.includes(fact), `${fact} in ${text}`);
  }
  const drawn = await thumbnail(tab, CMU.id);
  assert.ok(drawn.coloured > 0.15 && drawn.coloured < 0.9, `${drawn.coloured} of the thumbnail is coloured`);
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

test("a derived magnification says about, and an id is shown where it is not the title", async () => {
  const list = new FakeList([
    slideEntry("same", { magnification: { power: 20, derived: true } }),
    slideEntry("case~other", { title: "Other name.svs" }),
  ]);
  const tab = await openGallery(pages, list);
  await countSays(tab, "2 slides");
  assert.match(await tab.page.locator('[data-slide="same"]').innerText(), /about 20×/);
  assert.equal(await tab.page.locator('[data-slide="same"] .id').count(), 0);
  assert.equal(await tab.page.locator('[data-slide="case~other"] h2 a').innerText(), "Other name.svs");
  assert.equal(await tab.page.locator('[data-slide="case~other"] .id').innerText(), "case~other");
  await tab.close();
});

test("a broken pack stands out, says why, and is counted", async () => {
  const tab = await pages.open("/");
  const broken = tab.page.locator('[data-slide="broken"]');
  await broken.waitFor();
  assert.match(await broken.innerText(), /broken/);
  assert.ok((await broken.locator(".reason").innerText()).length > 10, "it says why");
  assert.equal(await broken.locator("svg").count(), 1);
  assert.equal(await broken.locator("a").count(), 0);
  assert.equal(await tab.page.locator('[data-slide="reference"] a').count(), 1);
  const button = tab.page.getByRole("button", { name: "1 pack cannot be opened" });
  await button.click();
  assert.deepEqual(await itemsOf(tab), ["broken"]);
  await addressHas(tab, "only", "broken");
  await button.click();
  assert.ok((await itemsOf(tab)).length > 1);
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

test("a click on a card opens the viewer, and its back button the gallery", async () => {
  const tab = await pages.open("/");
  await tab.page.locator('[data-slide="reference"]').click();
  await tab.page.waitForURL("**/view/reference*");
  await tab.settled();
  await tab.page.getByRole("link", { name: "Back to the gallery" }).click();
  await tab.page.locator('[data-slide="reference"]').waitFor();
  await tab.close();
});

test("an empty folder says how to make a pack, and shows a slide by itself once there is one", async () => {
  const tab = await pages.open("/", {}, empty);
  await tab.page.locator("#empty").waitFor();
  assert.match(await tab.page.locator("#empty").innerText(), /origami pack slide\.svs -o packs\//);
  assert.equal(await tab.page.locator("#search").isVisible(), false);
  await copyFile(pages.site.packPath("reference"), empty.packPath("new"));
  await tab.page.locator('[data-slide="new"]').waitFor();
  assert.equal(await tab.page.locator("#empty").isVisible(), false);
  assert.equal(await tab.page.locator("#news").innerText(), "1 new slide");
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

test("a new pack appears by itself, without losing the place, the search or the focus", async () => {
  const tab = await pages.open("/", {}, growing);
  await countSays(tab, "60 slides");
  await tab.page.locator("#search").fill("slide");
  await countSays(tab, "60 of 60 slides");
  await scrollTo(tab, 3000);
  const before = await cardInView(tab);
  await copyFile(pages.site.packPath("reference"), growing.packPath("slide-000-new"));
  await countSays(tab, "61 of 61 slides");
  assert.equal(await tab.page.locator("#news").textContent(), "1 new slide");
  await waitForPlace(tab, before);
  assert.equal(await tab.page.locator("#search").inputValue(), "slide");
  assert.equal(await tab.page.evaluate(() => document.activeElement.id), "search");
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

test("slides that are gone disappear, and a focused one leaves the focus to its neighbour", async () => {
  const entries = manyEntries(50);
  const list = new FakeList(entries);
  const tab = await openGallery(pages, list);
  await countSays(tab, "50 slides");
  await tab.page.locator('[data-slide="slide-0001"] a').focus();
  list.set(entries.filter(({ id }) => id !== "slide-0001"));
  await countSays(tab, "49 slides");
  assert.equal(await tab.page.locator("#news").textContent(), "1 slide removed");
  const focused = await tab.page.evaluate(() => document.activeElement.closest("li")?.dataset.slide);
  assert.equal(focused, "slide-0002");
  await tab.close();
});

test("the first slides are shown while thousands are still to be loaded", async () => {
  const list = new FakeList(manyEntries(5000));
  let release;
  list.released = new Promise((resolve) => (release = resolve));
  const tab = await openGallery(pages, list);
  await tab.page.locator('[data-slide="slide-0000"]').waitFor();
  await countSays(tab, "100 of 5,000 slides loaded");
  release();
  await countSays(tab, "5,000 slides");
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

test("a list that changes while it is loaded is loaded again, and nothing in it counts as new", async () => {
  const entries = manyEntries(1500);
  const list = new FakeList(entries);
  let release;
  list.released = new Promise((resolve) => (release = resolve));
  const tab = await openGallery(pages, list);
  await countSays(tab, "100 of 1,500 slides loaded");
  // As when the titles of a server that has just started become known: 300 slides move to the front.
  list.set([...entries.slice(1200), ...entries.slice(0, 1200)]);
  release();
  await countSays(tab, "1,500 slides");
  assert.equal(await tab.page.locator("#news").textContent(), "");
  assert.equal((await itemsOf(tab))[0], "slide-1200");
  list.set(list.entries.slice(1));
  await countSays(tab, "1,499 slides");
  assert.equal(await tab.page.locator("#news").textContent(), "1 slide removed");
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

test("with 5,000 slides the page has few cards wherever it is scrolled to, and the last can be reached", async () => {
  const tab = await openGallery(pages, new FakeList(manyEntries(5000)));
  await countSays(tab, "5,000 slides");
  const numbers = await tab.page.evaluate(async () => {
    const numbers = [];
    const height = document.documentElement.scrollHeight;
    for (let step = 0; step <= 40; step += 1) {
      scrollTo(0, (step / 40) * height);
      for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame);
      const cards = [...document.querySelectorAll("#cards > li")].map((card) => card.getBoundingClientRect());
      numbers.push({
        all: cards.length,
        visible: cards.filter(({ top, bottom }) => bottom > 0 && top < innerHeight).length,
      });
    }
    return numbers;
  });
  for (const { all, visible } of numbers) {
    assert.ok(all < 100, `${all} cards in the page`);
    assert.ok(visible >= 4, `${visible} cards on the screen`);
  }
  await scrollTo(tab, 0);
  await tab.press("End");
  const last = tab.page.locator('[data-slide="slide-4999"]');
  await last.waitFor();
  assert.equal(await last.getAttribute("aria-posinset"), "5000");
  assert.equal(await last.getAttribute("aria-setsize"), "5000");
  await tab.page.waitForFunction(
    () => document.querySelector('[data-slide="slide-4999"]').getBoundingClientRect().bottom <= innerHeight,
  );
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

test("scrolling far away does not lose the focus, and Tab goes on from it", async () => {
  const tab = await openGallery(pages, new FakeList(manyEntries(2000)));
  await countSays(tab, "2,000 slides");
  await tab.page.locator('[data-slide="slide-0001"] a').focus();
  await scrollTo(tab, 50_000);
  function focused() {
    return tab.page.evaluate(() => document.activeElement.closest("li")?.dataset.slide);
  }
  assert.equal(await focused(), "slide-0001");
  await tab.press("Tab");
  assert.equal(await focused(), "slide-0002");
  await tab.page.waitForFunction(() => {
    const { top, bottom } = document.activeElement.closest("li").getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  });
  await tab.press("Tab", 20);
  assert.equal(await focused(), "slide-0022");
  await tab.close();
});

test("the search finds a slide that was not loaded yet, and says when nothing matches", async () => {
  const tab = await pages.open("/", {}, large);
  await tab.page.locator("[data-slide]").first().waitFor();
  await tab.press("/");
  await tab.page.keyboard.type("SLIDE-129");
  await countSays(tab, `1 of ${MANY} slides`);
  assert.deepEqual(await itemsOf(tab), ["slide-129"]);
  await addressHas(tab, "q", "SLIDE-129");
  await tab.page.keyboard.type("x");
  await tab.page.locator("#no-match").waitFor();
  await tab.page.locator("#clear").click();
  await countSays(tab, `${MANY} slides`);
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

test("the search looks at titles, folders, formats and magnifications, whatever the accents", async () => {
  const list = new FakeList([
    slideEntry("1", { title: "Zürich Leber.svs", magnification: { power: 20, derived: true } }),
    slideEntry("b~2", { title: "Zurich Niere.ndpi", folder: "b", format: "Hamamatsu NDPI" }),
    brokenEntry("3", "This pack cannot be opened: the file is cut short"),
  ]);
  const tab = await openGallery(pages, list);
  await countSays(tab, "3 slides");
  for (const [query, found] of [
    ["leber zurich", ["1"]],
    ["ZÜRICH", ["1", "b~2"]],
    ["hamamatsu 40x", ["b~2"]],
    ["about 20×", ["1"]],
    ["broken", ["3"]],
  ]) {
    await tab.page.locator("#search").fill(query);
    assert.deepEqual(await itemsOf(tab), found, query);
  }
  await tab.close();
});

test("a key in the search makes only the cards in view, and folds only its words, with 10,000 slides", async () => {
  const tab = await openGallery(pages, new FakeList(manyEntries(10_000)));
  await countSays(tab, "10,000 slides");
  const work = await tab.page.evaluate(async () => {
    const search = document.getElementById("search");
    const { normalize } = String.prototype;
    const made = { folds: 0, cards: 0 };
    String.prototype.normalize = function count(...form) {
      made.folds += 1;
      return normalize.apply(this, form);
    };
    const observer = new MutationObserver((changes) => {
      for (const { addedNodes } of changes) made.cards += addedNodes.length;
    });
    observer.observe(document.querySelector("[data-slide]").parentElement, { childList: true, subtree: true });
    const works = [];
    // The first key folds the facts of all slides, once.
    for (const query of ["s", "sl", "slide", "slide 40x 9", "9"]) {
      Object.assign(made, { folds: 0, cards: 0 });
      search.value = query;
      search.dispatchEvent(new Event("input", { bubbles: true }));
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      works.push({ query, ...made });
    }
    return works;
  });
  const inView = (await itemsOf(tab)).length;
  for (const { query, folds, cards } of work.slice(1)) {
    assert.ok(folds >= 1 && folds <= 4, `${query}: ${folds} texts folded`);
    assert.ok(cards <= 40 * inView, `${query}: ${cards} nodes made for ${inView} cards`);
  }
  assert.ok(inView < 200, `${inView} cards`);
  await tab.close();
});

test("the orders sort, and are in the address after a reload", async () => {
  const list = new FakeList([
    slideEntry("a", { modified: 1000, bytes: 2, width: 300 }),
    slideEntry("b", { modified: 3000, bytes: 1, width: 100 }),
    brokenEntry("c", "no", { modified: 500 }),
    slideEntry("d", { modified: 2000, bytes: 3, width: 200 }),
  ]);
  const tab = await openGallery(pages, list);
  await countSays(tab, "4 slides");
  for (const [order, expected] of [
    ["newest", "bdac"],
    ["bytes", "cdab"],
    ["pixels", "adbc"],
    ["broken", "cabd"],
    ["name", "abcd"],
  ]) {
    await tab.page.locator("#sort").selectOption(order);
    assert.equal((await itemsOf(tab)).join(""), expected, order);
    await addressHas(tab, "sort", order);
  }
  await tab.page.locator("#sort").selectOption("newest");
  await addressHas(tab, "sort", "newest");
  await tab.page.reload();
  await countSays(tab, "4 slides");
  assert.equal((await itemsOf(tab)).join(""), "bdac");
  assert.equal(await tab.page.locator("#sort").inputValue(), "newest");
  await tab.close();
});

test("the list has rows with columns below their names, and is remembered", async () => {
  const tab = await pages.open("/", { viewport: { width: 1600, height: 900 } });
  await tab.page.locator('[data-slide="reference"]').waitFor();
  await tab.page.getByRole("button", { name: "List", exact: true }).click();
  await addressHas(tab, "view", "list");
  const row = tab.page.locator('[data-slide="reference"]');
  assert.ok((await row.boundingBox()).height < 100);
  assert.match(await row.innerText(), /2,317 × 1,709 px/);
  for (const column of ["size", "pack", "changed"]) {
    const title = await tab.page.locator(`#columns .${column}`).boundingBox();
    const value = await row.locator(`.${column} dd`).boundingBox();
    assert.ok(Math.abs(title.x - value.x) < 2, `${column}: ${title.x} above ${value.x}`);
  }
  const other = await tab.context.newPage();
  await other.goto(pages.site.url);
  await other.locator('[data-slide="reference"]').waitFor();
  assert.equal(await other.getByRole("button", { name: "List", exact: true }).getAttribute("aria-pressed"), "true");
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

test("folders come first, can be entered and left, and a search looks below them", async () => {
  const tab = await pages.open("/");
  const folder = tab.page.locator('#cards a[data-folder="case-1"]');
  await folder.waitFor();
  assert.equal((await itemsOf(tab))[0], "case-1");
  assert.ok((await itemsOf(tab)).every((id) => !id.startsWith("case-1~")));
  assert.match(await tab.page.locator("#cards > li").first().innerText(), /2 slides/);
  await folder.click();
  await countSays(tab, "2 slides");
  assert.deepEqual(await itemsOf(tab), ["case-1/deep", "case-1~HE"]);
  await addressHas(tab, "folder", "case-1");
  assert.equal(await tab.page.evaluate(() => document.activeElement.textContent), "case-1");
  await tab.page.locator("#search").fill("ihc");
  await countSays(tab, "1 of 2 slides");
  assert.deepEqual(await itemsOf(tab), ["case-1~deep~IHC"]);
  assert.match(await tab.page.locator("#cards > li").innerText(), /in case-1\/deep/);
  await tab.page.getByRole("link", { name: "All slides" }).click();
  await tab.page.locator('[data-slide="reference"]').waitFor();
  await tab.page.goBack();
  await countSays(tab, "1 of 2 slides");
  assert.equal(await tab.page.locator("#search").inputValue(), "ihc");
  await tab.page.goBack();
  await tab.page.locator('[data-slide="reference"]').waitFor();
  await tab.page.goForward();
  await tab.page.locator('[data-slide="case-1~deep~IHC"]').click();
  await tab.page.waitForURL("**/view/case-1~deep~IHC*");
  await tab.settled();
  await tab.close();
});

test("a folder opened in a new tab has the order that was chosen last", async () => {
  const list = new FakeList([slideEntry("case~one", { folder: "case" })]);
  const tab = await openGallery(pages, list);
  const link = tab.page.locator('#cards [data-folder="case"]');
  for (const order of ["newest", "bytes"]) {
    await tab.page.locator("#sort").selectOption(order);
    await tab.page.waitForFunction(
      (order) => document.querySelector('#cards [data-folder="case"]').href.includes(`sort=${order}`),
      order,
    );
  }
  await link.click();
  await tab.page.locator("#sort").selectOption("newest");
  assert.match(await tab.page.locator("#crumbs a").first().getAttribute("href"), /sort=newest/);
  await tab.close();
});

test("a folder in the address opens, and one that is not there says so", async () => {
  const tab = await pages.open("/?folder=case-1/deep");
  await countSays(tab, "1 slide");
  assert.deepEqual(await itemsOf(tab), ["case-1~deep~IHC"]);
  await tab.page.goto(`${pages.site.url}/?folder=../<b>&sort=__proto__&view=%00&only=1`);
  await tab.page.locator("#no-folder").waitFor();
  assert.equal(await tab.page.locator("#no-folder-text").textContent(), "../<b>");
  await tab.page.locator("#no-folder a").click();
  await tab.page.locator('[data-slide="reference"]').waitFor();
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

test("Back from a slide brings the search, the order and the place in the list back", async () => {
  const tab = await pages.open("/", {}, large);
  await countSays(tab, `${MANY} slides`);
  await tab.page.locator("#sort").selectOption("pixels");
  await tab.page.locator("#search").fill("slide");
  await scrollTo(tab, 12_000);
  const before = await cardInView(tab);
  const box = await tab.page.locator(`[data-slide="${before.id}"]`).boundingBox();
  // Not where the masthead may cover it.
  await tab.page.mouse.click(box.x + box.width / 2, Math.max(box.y + box.height / 2, 150));
  await tab.page.waitForURL("**/view/*");
  await tab.settled();
  await tab.page.goBack();
  await waitForPlace(tab, before);
  assert.equal(await tab.page.locator("#sort").inputValue(), "pixels");
  assert.equal(await tab.page.locator("#search").inputValue(), "slide");
  await tab.close();
});

test("Back after the keyboard opened a slide gives the focus back", async () => {
  const tab = await pages.open("/");
  await tab.page.locator('[data-slide="reference"] a').waitFor();
  await tab.press("Tab");
  await tab.page.locator('[data-slide="reference"] a').focus();
  await tab.press("Enter");
  await tab.page.waitForURL("**/view/reference*");
  await tab.page.goBack();
  await tab.page.waitForFunction(() => document.activeElement.closest("li")?.dataset.slide === "reference");
  await tab.close();
});

test("names with markup or with characters that turn text around are harmless", async () => {
  const names = ["<img src=x onerror='window.hacked = true'>", "\u202Egnp.exe", "<script>window.hacked = true</script>"];
  const list = new FakeList([
    slideEntry("one", { title: names[0], format: names[0], folder: names[2] }),
    slideEntry("two", { title: names[1] }),
    brokenEntry("three", names[0], { title: names[2] }),
  ]);
  const tab = await openGallery(pages, list);
  await countSays(tab, "3 slides");
  await tab.page.locator("#search").fill("e");
  assert.equal((await itemsOf(tab)).length, 3);
  assert.equal(await tab.page.locator('[data-slide="one"] h2 a').textContent(), names[0]);
  assert.equal(await tab.page.locator('[data-slide="two"] h2 a').textContent(), names[1]);
  assert.equal(await tab.page.locator('[data-slide="three"] .reason').textContent(), names[0]);
  for (const name of await tab.page.locator("h2 bdi").all()) {
    assert.equal(await name.evaluate((bdi) => getComputedStyle(bdi).unicodeBidi), "isolate");
  }
  await tab.page.locator("#search").fill("");
  await tab.page.locator("#cards a[data-folder]").first().click();
  await countSays(tab, "1 slide");
  assert.equal(await tab.page.locator('img[src="x"], main script').count(), 0);
  assert.equal(await tab.page.evaluate(() => window.hacked), undefined);
  await tab.close();
});

test("a thumbnail that cannot be made leaves a card that says so", async () => {
  const list = new FakeList([slideEntry("one")]);
  list.thumbnailStatus = 500;
  const tab = await openGallery(pages, list);
  await tab.page.getByText("No picture").waitFor();
  assert.equal(await tab.page.locator('[data-slide="one"] a').count(), 1);
  await tab.close();
});

test("a thumbnail of a server that was busy is there when it has time again", async () => {
  const list = new FakeList([slideEntry("one")]);
  list.thumbnailStatus = 503;
  const tab = await openGallery(pages, list);
  await tab.page.waitForResponse((response) => response.status() === 503);
  list.thumbnailStatus = 200;
  await tab.page.waitForFunction(() => document.querySelector('[data-slide="one"] img')?.naturalWidth === 40);
  assert.equal(await tab.page.getByText("No picture").count(), 0);
  await tab.close();
});

test("a thumbnail that is no picture is not asked for again and again", async () => {
  const list = new FakeList([slideEntry("one")]);
  const tab = await openGallery(pages, list);
  await countSays(tab, "1 slide");
  await tab.page.route((url) => url.pathname.endsWith("/thumbnail"), (route) => route.fulfill({ body: "no picture" }));
  list.set([slideEntry("one", { generation: "fedcba9876543210" })]);
  await tab.page.getByText("No picture").waitFor();
  await tab.close();
});

test("a failing server is reported, and trying again works", async () => {
  const tab = await pages.open("/", { shouldFail: (url) => url.includes("/slides?") });
  await tab.page.locator("#failure").waitFor();
  tab.shouldFail = () => false;
  await tab.page.locator("#retry").click();
  await tab.page.locator('[data-slide="reference"]').waitFor();
  assert.equal(await tab.page.locator("#failure").isVisible(), false);
  await tab.close();
});

test("a server that is away for a moment leaves what is shown, and its notice goes by itself", async () => {
  const tab = await pages.open("/", { shouldFail: () => false });
  await tab.page.locator('[data-slide="reference"]').waitFor();
  tab.shouldFail = (url) => url.includes("/slides?");
  await tab.page.locator("#failure").waitFor();
  assert.match(await tab.page.locator("#failure").innerText(), /does not answer/);
  assert.equal(await tab.page.locator('[data-slide="reference"]').isVisible(), true);
  tab.shouldFail = () => false;
  await tab.page.locator("#failure").waitFor({ state: "hidden" });
  await tab.close();
});

test("blocked storage does not keep the gallery from working", async () => {
  const tab = await pages.open("/", { storage: "forbidden" });
  await tab.page.locator('[data-slide="reference"]').waitFor();
  await tab.page.getByRole("button", { name: "List", exact: true }).click();
  await addressHas(tab, "view", "list");
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

for (const { name, viewport, columns } of [
  { name: "a small phone", viewport: { width: 320, height: 568 }, columns: [1, 1] },
  { name: "a desktop", viewport: { width: 1600, height: 900 }, columns: [4, 6] },
  { name: "a 4K screen", viewport: { width: 3840, height: 2160 }, columns: [9, 13] },
]) {
  test(`the gallery fits ${name}, as cards and as a list`, async () => {
    const list = new FakeList([brokenEntry("bad", "This pack cannot be opened: no"), ...manyEntries(200)]);
    const tab = await openGallery(pages, list, "/", { viewport });
    await countSays(tab, "201 slides");
    function layout() {
      return tab.page.evaluate(() => ({
        width: document.documentElement.scrollWidth,
        columns: new Set([...document.querySelectorAll("#cards > li")].map((card) => card.offsetLeft)).size,
      }));
    }
    const cards = await layout();
    assert.ok(cards.width <= viewport.width, `${cards.width} px wide`);
    assert.ok(cards.columns >= columns[0] && cards.columns <= columns[1], `${cards.columns} columns`);
    for (const control of await tab.page.locator(".button:visible, input:visible, select:visible").all()) {
      const box = await control.boundingBox();
      assert.ok(box.width >= 40 && box.height >= 40, `${await control.getAttribute("id")} is large enough for a finger`);
    }
    await tab.page.getByRole("button", { name: "List", exact: true }).click();
    const rows = await layout();
    assert.ok(rows.width <= viewport.width, `${rows.width} px wide`);
    assert.equal(rows.columns, 1);
    await tab.close();
  });
}
