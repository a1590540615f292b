import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { launch, Tab } from "./harness/browser.js";
import { compareToReference, REFERENCE, writeReference } from "./harness/reference.js";
import { Site, skipWithoutSlides, slideFile } from "./harness/site.js";
import { near, where } from "./harness/view.js";

const slide = slideFile("CMU-1-Small-Region.svs");
let browser;
let site;

before(async () => {
  browser = await launch();
  site = await Site.create();
  const picture = path.join(site.folder, "reference.png");
  await writeReference(picture);
  await site.pack(picture, "reference");
  if (slide) await site.pack(slide, "CMU-1-Small-Region");
  await writeFile(path.join(site.packs, "broken.origami"), "not a pack");
  await site.serve();
});

after(async () => {
  await browser?.close();
  await site?.close();
});

/** Drawing without WebGL is much faster where there is no graphics card. */
async function view(id, hash = "", options = {}) {
  const tab = await Tab.open(browser, `${site.url}/view/${id}?drawer=canvas${hash}`, options);
  await tab.settled();
  return tab;
}

/** The bar's length on the screen in slide pixels, measured with OpenSeadragon's own coordinates. */
function barInSlidePixels(tab) {
  return tab.page.evaluate(() => {
    const bar = document.getElementById("scale-bar").getBoundingClientRect();
    const stage = document.getElementById("slide").getBoundingClientRect();
    const at = (x) => {
      const point = new OpenSeadragon.Point(x - stage.left, 0);
      return window.viewer.viewport.viewerElementToImageCoordinates(point).x;
    };
    return at(bar.right) - at(bar.left);
  });
}

test("the scale bar of a real slide is as long as it says, at full resolution and elsewhere", async (t) => {
  if (!slide) return skipWithoutSlides(t);
  const micrometres = { µm: 1, mm: 1000 };
  const tab = await view("CMU-1-Small-Region", "#1110,1480,1");
  assert.equal(await tab.page.locator("#scale-label").innerText(), "50 µm");
  near((await tab.page.locator("#scale-bar").boundingBox()).width, 50 / 0.499, 0.5, "bar at full resolution");
  const labels = new Set();
  for (const zoom of [1, 0.5, 0.3, 2, 4]) {
    await tab.look(1110, 1480, zoom);
    const label = await tab.page.locator("#scale-label").innerText();
    const [number, unit] = label.split(" ");
    near((await barInSlidePixels(tab)) * 0.499, number * micrometres[unit], number * micrometres[unit] * 0.01, label);
    labels.add(label);
  }
  assert.ok(labels.size >= 3, `it follows the zoom: ${[...labels]}`);
  await tab.close();
});

test("a slide without a pixel size gets a scale bar in pixels", async () => {
  const tab = await view("reference", "#1100,800,1");
  const label = await tab.page.locator("#scale-label").innerText();
  assert.match(label, /^\d+ px$/);
  near(await barInSlidePixels(tab), Number.parseInt(label, 10), 0.5, label);
  await tab.close();
});

test("the zoom buttons show the slide as through each objective", async (t) => {
  if (!slide) return skipWithoutSlides(t);
  const tab = await view("CMU-1-Small-Region");
  const fitted = await where(tab);
  const buttons = await tab.page.locator("#zoom [data-zoom]").allInnerTexts();
  assert.deepEqual(buttons.filter(Boolean), ["Fit", "5×", "10×", "20×", "1:1"]);
  for (const [name, zoom] of [
    ["5×", 0.25],
    ["20×", 1],
    ["10×", 0.5],
    ["1:1", 1],
    ["Fit", fitted.zoom],
  ]) {
    await tab.page.getByRole("button", { name, exact: true }).click();
    await tab.settled();
    near((await where(tab)).zoom, zoom, 1e-6, name);
    if (name !== "Fit") assert.match(await tab.page.locator("#magnification").innerText(), new RegExp(`^${20 * zoom}×`));
  }
  assert.deepEqual(tab.faults, []);
  await tab.close();
});

test("the position under the pointer is the slide's own", async () => {
  const tab = await view("reference", "#1100,800,1");
  const box = await tab.page.locator("#slide").boundingBox();
  const x = Math.round(box.x + box.width / 2);
  const y = Math.round(box.y + box.height / 2);
  await tab.page.mouse.move(x, y);
  const read = async () => (await tab.page.locator("#position").innerText()).match(/x (\d+) y (\d+)/).slice(1).map(Number);
  const [firstX, firstY] = await read();
  near(firstX, 1100, 1, "column");
  near(firstY, 800, 1, "row");
  await tab.page.mouse.move(x + 100, y - 50);
  const [secondX, secondY] = await read();
  // One more or less where the slide's pixels do not start at the screen's.
  near(secondX - firstX, 100, 1, "columns moved");
  near(secondY - firstY, -50, 1, "rows moved");
  await tab.close();
});

test("a link to a view restores it, and moving rewrites the link", async () => {
  const tab = await view("reference", "#1200.5,700.5,0.8");
  const first = await where(tab);
  near(first.x, 1200.5, 0.01, "column");
  near(first.y, 700.5, 0.01, "row");
  near(first.zoom, 0.8, 1e-6, "zoom");
  await tab.page.keyboard.press("ArrowRight");
  await tab.page.waitForFunction(() => !location.hash.startsWith("#1200.5"));
  await tab.settled();
  const moved = await where(tab);
  assert.ok(moved.x > 1250, `${moved.x} lies to the right`);
  const other = await Tab.open(browser, tab.page.url());
  await other.settled();
  const restored = await where(other);
  near(restored.x, moved.x, 0.1, "column");
  near(restored.y, moved.y, 0.1, "row");
  near(restored.zoom, moved.zoom, 1e-4, "zoom");
  assert.deepEqual([...tab.faults, ...other.faults], []);
  await tab.close();
  await other.close();
});

test("a link that is no view shows the whole slide", async () => {
  const tab = await view("reference", "#nonsense");
  const whole = await where(tab);
  near(whole.x, REFERENCE.width / 2, 0.5, "column");
  near(whole.y, REFERENCE.height / 2, 0.5, "row");
  assert.deepEqual(tab.faults, []);
  await tab.close();
});

test("keys pan, zoom and open the panels wherever the focus is", async () => {
  const tab = await view("reference", "#1100,800,0.5");
  const press = async (key) => {
    const before = await where(tab);
    await tab.page.keyboard.press(key);
    await tab.settled();
    const now = await where(tab);
    return { x: now.x - before.x, y: now.y - before.y, zoom: now.zoom / before.zoom };
  };
  assert.ok((await press("+")).zoom > 1.2);
  assert.ok((await press("-")).zoom < 0.8);
  assert.ok((await press("ArrowLeft")).x < -50);
  assert.ok((await press("ArrowUp")).y < -50);
  await press("1");
  near((await where(tab)).zoom, 1, 1e-6, "key 1");
  await press("0");
  near((await where(tab)).x, REFERENCE.width / 2, 0.5, "key 0");
  await tab.page.keyboard.press("i");
  assert.equal(await tab.page.locator("#details").isVisible(), true);
  assert.equal((await press("ArrowDown")).y, 0, "arrow keys scroll the open panel");
  await tab.page.keyboard.press("Escape");
  assert.equal(await tab.page.locator("#details").isVisible(), false);
  assert.deepEqual(tab.faults, []);
  await tab.close();
});

test("full page covers the page and Escape leaves it", async () => {
  const tab = await view("reference");
  const button = tab.page.getByRole("button", { name: "Full page" });
  await button.click();
  const box = await tab.page.locator("#stage").boundingBox();
  assert.deepEqual([box.x, box.y], [0, 0]);
  assert.ok(await button.isVisible(), "there is a way out without a keyboard");
  await tab.page.keyboard.press("Escape");
  await tab.page.waitForFunction(() => document.getElementById("stage").getBoundingClientRect().top > 0);
  await tab.close();
});

test("the details name every level with its size", async () => {
  const tab = await view("reference");
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
  ["nowhere", 404, "no slide “nowhere”"],
  ["broken", 500, "damaged"],
]) {
  test(`the page of the slide “${id}” answers ${status} and says so`, async () => {
    const tab = await Tab.open(browser, `${site.url}/view/${id}`);
    await tab.page.locator("#message").waitFor();
    assert.equal(tab.response.status(), status);
    assert.ok((await tab.page.locator("#message").innerText()).includes(words));
    assert.equal(await tab.page.locator("#zoom").isVisible(), false);
    await tab.page.locator("#message").getByRole("link").click();
    await tab.page.locator('[data-slide="reference"]').waitFor();
    await tab.close();
  });
}

test("tiles that stay missing are said to be missing", async () => {
  const tab = await Tab.open(browser, `${site.url}/view/reference?drawer=canvas#1100,800,1`, {
    withhold: (url) => url.includes("_files/12/"),
  });
  await tab.page.locator("#notice").waitFor();
  assert.match(await tab.page.locator("#notice").innerText(), /\d+ tiles? could not be loaded/);
  await tab.close();
});

test("a tile that fails at first is asked for again", async () => {
  const seen = new Set();
  const tab = await view("reference", "#1100,800,1", {
    withhold: (url) => url.includes("_files/12/") && seen.size !== seen.add(url).size,
  });
  const arrived = () => tab.tiles.filter((tile) => tile.z === 12).length;
  for (let tries = 0; tries < 300 && arrived() < seen.size; tries += 1) await tab.page.waitForTimeout(100);
  assert.ok(seen.size >= 9 && arrived() === seen.size, `${arrived()} of ${seen.size} refused tiles came after all`);
  await tab.settled();
  const drawn = compareToReference(await tab.picture(), [0, 0, 0]);
  assert.ok(drawn.mean < 2.5 && drawn.worst < 16, JSON.stringify(drawn));
  assert.equal(await tab.page.locator("#notice").isVisible(), false);
  await tab.close();
});

test("the viewer works on a phone", async () => {
  const viewport = { width: 360, height: 640 };
  // The real slide has buttons for its objectives and so the longer row of them.
  const id = slide ? "CMU-1-Small-Region" : "reference";
  const tab = await view(id, "", { viewport, isMobile: true, hasTouch: true, deviceScaleFactor: 2 });
  assert.equal(await tab.page.evaluate(() => document.documentElement.scrollWidth), 360);
  const boxes = [];
  for (const button of await tab.page.locator(".button:visible").all()) {
    const box = await button.boundingBox();
    assert.ok(box.width >= 40 && box.height >= 40, `${await button.innerText()} is large enough for a finger`);
    boxes.push(box);
  }
  boxes.push(await tab.page.locator("#instruments").boundingBox());
  for (const [i, box] of boxes.entries()) {
    assert.ok(box.x >= 0 && box.y >= 0 && box.x + box.width <= 360 && box.y + box.height <= 640, "on the screen");
    for (const other of boxes.slice(i + 1)) {
      const apart = box.x + box.width <= other.x || other.x + other.width <= box.x || box.y + box.height <= other.y || other.y + other.height <= box.y;
      assert.ok(apart, "nothing covers anything else");
    }
  }
  const before = await where(tab);
  await tab.page.getByRole("button", { name: "Zoom in" }).tap();
  await tab.settled();
  assert.ok((await where(tab)).zoom > before.zoom);
  await tab.page.getByRole("button", { name: "Details" }).tap();
  await tab.page.getByRole("button", { name: "Close the details" }).tap();
  assert.equal(await tab.page.locator("#details").isVisible(), false);
  assert.deepEqual(tab.faults, []);
  await tab.close();
});

test("every control has a name, in both colour schemes text stands out from what is behind it", async () => {
  for (const colorScheme of ["light", "dark"]) {
    const tab = await view("reference", "", { colorScheme });
    await tab.page.getByRole("button", { name: "Details" }).click();
    const nameless = await tab.page.locator("button, a, input").evaluateAll((all) =>
      all.filter((one) => !(one.getAttribute("aria-label") || one.textContent.trim())).map((one) => one.outerHTML),
    );
    assert.deepEqual(nameless, []);
    const contrast = await tab.page.evaluate(() => {
      const light = (colour) => {
        const [red, green, blue] = colour.match(/[\d.]+/g).map((part) => {
          const share = Number(part) / 255;
          return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
      };
      const ratio = (text, behind) => {
        const [low, high] = [light(text), light(behind)].sort((a, b) => a - b);
        return (high + 0.05) / (low + 0.05);
      };
      const colour = (query, property) => getComputedStyle(document.querySelector(query))[property];
      return {
        title: ratio(colour("#name", "color"), colour(".bar", "backgroundColor")),
        facts: ratio(colour("#facts", "color"), colour(".bar", "backgroundColor")),
        term: ratio(colour("#metadata dt", "color"), colour("#details", "backgroundColor")),
        pressed: ratio(colour("#details-toggle", "color"), colour("#details-toggle", "backgroundColor")),
      };
    });
    for (const [what, ratio] of Object.entries(contrast)) assert.ok(ratio >= 4.5, `${what} in ${colorScheme}: ${ratio}`);
    await tab.close();
  }
});
