// The files in examples/: pages of another origin that show a slide, a program, and a proxy.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { PNG } from "pngjs";
import { launch, Tab } from "./harness/browser.js";
import { REFERENCE, referenceColour } from "./harness/reference.js";
import { Site } from "./harness/site.js";
import { WORKSPACE } from "./harness/slides.js";

const EXAMPLES = path.join(WORKSPACE, "examples");
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };
/** A name with letters that URLs have to escape. */
const ID = "Präparat";

let browser;
let site;
let pages;

/** Serves the folder of examples, which is another origin than the slides. */
async function serveExamples() {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://x");
    // Browsers ask for it by themselves.
    if (pathname === "/favicon.ico") return response.writeHead(204).end();
    const file = path.join(EXAMPLES, path.normalize(pathname));
    try {
      response.setHeader("content-type", TYPES[path.extname(file)] ?? "application/octet-stream");
      return response.end(await readFile(file));
    } catch {
      return response.writeHead(404).end();
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return server;
}

function address(server) {
  return `http://127.0.0.1:${server.address().port}`;
}

before(async () => {
  browser = await launch();
  site = await Site.create();
  await site.packReference(ID, "--quality", "95");
  await site.serve();
  pages = await serveExamples();
});

after(async () => {
  await browser?.close();
  await site?.close();
  pages?.close();
});

async function open(name) {
  const query = new URLSearchParams({ server: site.url, slide: ID });
  const tab = await Tab.open(browser, `${address(pages)}/${name}?${query}`);
  tab.page.on("pageerror", (error) => console.log(error.message));
  return tab;
}

/** The largest difference of a screenshot from the slide, where `slideAt(x, y)` is the place at a pixel of the screen. */
async function worstDifference(tab, slideAt) {
  const shot = PNG.sync.read(await tab.page.screenshot());
  let [worst, compared] = [0, 0];
  for (let y = 4; y < shot.height; y += 7) {
    for (let x = 4; x < shot.width; x += 7) {
      const [slideX, slideY] = slideAt(x + 0.5, y + 0.5);
      const margin = Math.min(slideX, slideY, REFERENCE.width - slideX, REFERENCE.height - slideY);
      if (margin < 4) continue;
      const drawn = shot.data.subarray(4 * (y * shot.width + x));
      referenceColour(slideX, slideY).forEach((value, channel) => {
        worst = Math.max(worst, Math.abs(value - drawn[channel]));
      });
      compared += 1;
    }
  }
  assert.ok(compared > 2000, `${compared} places were compared`);
  return worst;
}

/** The bottom right corner of the slide in the middle of the screen, one slide pixel per screen pixel. */
function atCorner(x, y) {
  return [REFERENCE.width + x - 600, REFERENCE.height + y - 400];
}

test("OpenSeadragon shows a slide of another origin, and its canvas can be read", async () => {
  const tab = await open("openseadragon.html");
  await tab.settled();
  await tab.page.evaluate(([width, height]) => {
    const { viewport } = window.viewer;
    viewport.zoomTo(viewport.imageToViewportZoom(1), null, true);
    viewport.panTo(viewport.imageToViewportCoordinates(width, height), true);
    window.viewer.navigator.element.style.display = "none";
  }, [REFERENCE.width, REFERENCE.height]);
  await tab.settled();
  const worst = await worstDifference(tab, atCorner);
  assert.ok(worst < 20, `${worst}`);
  const picture = await tab.page.evaluate(() => window.viewer.drawer.canvas.toDataURL());
  assert.ok(picture.startsWith("data:image/png"), "the canvas is not tainted");
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

test("Leaflet draws the tiles at the edges in their own size", async () => {
  const tab = await open("leaflet.html");
  await tab.page.waitForFunction(() => window.map);
  await tab.page.evaluate(([width, height]) => {
    return new Promise((done) => {
      window.map.eachLayer((layer) => layer.once("load", done));
      window.map.setView([height, width], 12, { animate: false });
      for (const control of document.querySelectorAll(".leaflet-control-container")) control.style.display = "none";
    });
  }, [REFERENCE.width, REFERENCE.height]);
  await tab.page.waitForFunction(() =>
    [...document.querySelectorAll(".leaflet-tile")].every((tile) => getComputedStyle(tile).opacity === "1"),
  );
  const worst = await worstDifference(tab, atCorner);
  assert.ok(worst < 20, `${worst}`);
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

test("OpenLayers draws the tiles at the edges in their own size", async () => {
  const tab = await open("openlayers.html");
  await tab.page.waitForFunction(() => window.map);
  await tab.page.evaluate(([width, height]) => {
    return new Promise((done) => {
      for (const control of document.querySelectorAll(".ol-control")) control.style.display = "none";
      const view = window.map.getView();
      view.setResolution(1);
      view.setCenter([width, -height]);
      window.map.once("rendercomplete", done);
    });
  }, [REFERENCE.width, REFERENCE.height]);
  const worst = await worstDifference(tab, atCorner);
  assert.ok(worst < 20, `${worst}`);
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

test("the Python example writes a region with the slide's pixels", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "origami-examples-"));
  const file = path.join(folder, "region.png");
  const [left, top] = [REFERENCE.width - 300, REFERENCE.height - 200];
  const numbers = [left, top, 310, 210].map(String);
  await promisify(execFile)("python3", [path.join(EXAMPLES, "region.py"), site.url, ID, ...numbers, file]);
  const picture = PNG.sync.read(await readFile(file));
  assert.deepEqual([picture.width, picture.height], [310, 210]);
  let worst = 0;
  for (let y = 0; y < 200; y += 1) {
    for (let x = 0; x < 300; x += 1) {
      referenceColour(left + x + 0.5, top + y + 0.5).forEach((value, channel) => {
        worst = Math.max(worst, Math.abs(value - picture.data[4 * (y * 310 + x) + channel]));
      });
    }
  }
  assert.ok(worst < 20, `${worst}`);
  await rm(folder, { recursive: true });
});

test("nginx with the example's configuration caches tiles with a version and hides the metrics", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "origami-nginx-"));
  // If root starts nginx, its workers are somebody else.
  await chmod(folder, 0o755);
  const port = 20_000 + (process.pid % 20_000);
  const text = await readFile(path.join(EXAMPLES, "nginx.conf"), "utf8");
  const configured = text.replace("127.0.0.1:8080", new URL(site.url).host).replace("listen 8000", `listen 127.0.0.1:${port}`);
  await writeFile(path.join(folder, "nginx.conf"), configured);
  const PATH = `${process.env.PATH}:/usr/sbin`;
  const nginx = spawn("nginx", ["-p", folder, "-c", path.join(folder, "nginx.conf")], { env: { ...process.env, PATH } });
  let log = "";
  nginx.stderr.on("data", (chunk) => (log += chunk));
  const ended = new Promise((done) => nginx.once("close", done));
  try {
    const proxy = `http://127.0.0.1:${port}`;
    const slide = await eventually(async () => (await fetch(`${proxy}/slides/${encodeURIComponent(ID)}`)).json());
    const tile = proxy + slide.tiles.replace("{z}", 12).replace("{x}", 3).replace("{y}", 2);
    const states = [];
    for (let request = 0; request < 2; request += 1) {
      const answer = await fetch(tile);
      assert.equal(answer.status, 200);
      await answer.arrayBuffer();
      states.push(answer.headers.get("x-cache"));
    }
    assert.deepEqual(states, ["MISS", "HIT"]);
    assert.equal((await fetch(tile.replace(/v=.*/, "v=0000000000000000"))).status, 410);
    assert.equal((await fetch(`${proxy}/metrics`)).status, 403);
  } catch (error) {
    throw new Error(`${error.message}\n${log}`, { cause: error });
  } finally {
    nginx.kill("SIGTERM");
    await ended;
    await rm(folder, { recursive: true });
  }
});

/** The result of `action` as soon as it succeeds. */
async function eventually(action) {
  const end = Date.now() + 20_000;
  for (;;) {
    try {
      return await action();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((done) => setTimeout(done, 50));
    }
  }
}
