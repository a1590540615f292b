// Measures what a person waits for in the gallery and the viewer: `npm run figures`, with ORIGAMI_BIN and ORIGAMI_SLIDES as
// for the tests, on a machine that does nothing else. Prints a table; benches/results/viewer.md has the results.

import { copyFile } from "node:fs/promises";
import path from "node:path";
import { launch } from "./harness/browser.js";
import { Site } from "./harness/site.js";
import { sharedSlide } from "./harness/slides.js";

const SLOW_NETWORK = { offline: false, latency: 1000, downloadThroughput: 1e6, uploadThroughput: 1e6 };
const RUNS = 5;
const SLIDES = 5000;

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function row(what, values, unit) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  console.log(`| ${what} | ${median(values)} ${unit} | ${low} to ${high} |`);
}

/** A new page with an empty cache, in its own context. */
async function freshPage(browser, { network } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  if (network) {
    const client = await context.newCDPSession(page);
    await client.send("Network.enable");
    await client.send("Network.emulateNetworkConditions", network);
  }
  return page;
}

/** Milliseconds since the navigation began until `condition` holds in the page. */
async function timeUntil(page, condition) {
  const handle = await page.waitForFunction(condition, null, { polling: "raf", timeout: 120_000 });
  await handle.dispose();
  return Math.round(await page.evaluate(() => performance.now()));
}

function isSharp() {
  return Boolean(window.viewer?.isOpen() && window.viewer.world.getItemAt(0)?.getFullyLoaded());
}

function hasOpened() {
  const item = window.viewer?.isOpen() && window.viewer.world.getItemAt(0);
  return Boolean(item && (item.lastDrawn?.length ?? item.getTilesToDraw?.().length));
}

function hasPicture() {
  const image = document.querySelector("#thumbnail");
  return Boolean(image?.complete && image.naturalWidth > 0);
}

/** Frames a second while the view moves for three seconds at one slide pixel per screen pixel. */
function panningRate() {
  const { viewport } = window.viewer;
  viewport.zoomTo(viewport.imageToViewportZoom(1), null, true);
  return new Promise((done) => {
    const begun = performance.now();
    let frames = 0;
    function step() {
      frames += 1;
      viewport.panBy(new OpenSeadragon.Point(0.0006, 0.0003), true);
      const seconds = (performance.now() - begun) / 1000;
      if (seconds < 3) requestAnimationFrame(step);
      else done(Math.round(frames / seconds));
    }
    requestAnimationFrame(step);
  });
}

/** Without a graphics processor Chromium draws WebGL in software (SwiftShader), as on many virtual machines. */
async function softwareRendering(url) {
  const browser = await launch();
  try {
    for (const [name, query] of [["as chosen by the viewer", ""], ["WebGL", "?drawer=webgl"], ["canvas", "?drawer=canvas"]]) {
      const [sharp, rates] = [[], []];
      for (let run = 0; run < RUNS; run += 1) {
        const page = await freshPage(browser);
        await page.goto(`${url}/view/seed${query}`);
        sharp.push(await timeUntil(page, isSharp));
        rates.push(await page.evaluate(panningRate));
        await page.context().close();
      }
      row(`software rendering, ${name}: overview sharp`, sharp, "ms");
      row(`software rendering, ${name}: panning`, rates, "frames/s");
    }
  } finally {
    await browser.close();
  }
}

async function slowNetwork(url) {
  const browser = await launch();
  try {
    const [picture, opened, sharp] = [[], [], []];
    for (let run = 0; run < RUNS; run += 1) {
      const page = await freshPage(browser, { network: SLOW_NETWORK });
      await page.goto(`${url}/view/seed`, { waitUntil: "commit" });
      if (await page.evaluate(() => Boolean(document.querySelector("#thumbnail")))) {
        picture.push(await timeUntil(page, hasPicture));
      }
      opened.push(await timeUntil(page, hasOpened));
      sharp.push(await timeUntil(page, isSharp));
      await page.context().close();
    }
    if (picture.length) row("1 s delay, 1 MB/s: thumbnail", picture, "ms");
    row("1 s delay, 1 MB/s: usable, first tiles drawn", opened, "ms");
    row("1 s delay, 1 MB/s: overview sharp", sharp, "ms");
  } finally {
    await browser.close();
  }
}

/** The longest frames while the gallery is scrolled to its end and back. */
function scrollingFrames() {
  return new Promise((done) => {
    const frames = [];
    const begun = performance.now();
    let last = begun;
    function step(now) {
      frames.push(now - last);
      last = now;
      const part = (now - begun) / 5000;
      const height = document.documentElement.scrollHeight - innerHeight;
      scrollTo(0, height * (part < 0.5 ? 2 * part : 2 - 2 * part));
      if (part < 1) requestAnimationFrame(step);
      else done(frames.sort((a, b) => a - b)[Math.floor(frames.length * 0.99)]);
    }
    requestAnimationFrame(step);
  });
}

async function manySlides(site) {
  const browser = await launch();
  try {
    const [first, worst, cards] = [[], [], []];
    for (let run = 0; run < RUNS; run += 1) {
      const page = await freshPage(browser);
      await page.goto(site.url, { waitUntil: "commit" });
      first.push(await timeUntil(page, () => document.querySelectorAll("[data-slide]").length > 3));
      await page.waitForFunction((count) => document.body.textContent.includes(count), SLIDES.toLocaleString("en-US"));
      await page.waitForTimeout(3000);
      worst.push(Math.round(await page.evaluate(scrollingFrames)));
      cards.push(await page.evaluate(() => document.querySelectorAll("[data-slide]").length));
      await page.context().close();
    }
    row(`gallery of ${SLIDES} slides: first cards`, first, "ms");
    row("the same, scrolled to its end and back in 5 s: 99th percentile of frames", worst, "ms");
    row("the same: cards in the page", cards, "");
  } finally {
    await browser.close();
  }
}

const site = await Site.create();
const gallery = await Site.create();
try {
  await site.pack(sharedSlide("pathologyatlas-seed-HE.dzi.zip"), "seed", "--no-report");
  await site.serve();
  console.log("| what | median | range |\n|---|---|---|");
  await softwareRendering(site.url);
  await slowNetwork(site.url);
  await gallery.packReference("slide-0", "--no-report");
  for (let n = 1; n < SLIDES; n += 1) {
    await copyFile(gallery.packPath("slide-0"), path.join(gallery.packs, `slide-${n}.origami`));
  }
  await gallery.serve();
  await manySlides(gallery);
} finally {
  await site.close();
  await gallery.close();
}
