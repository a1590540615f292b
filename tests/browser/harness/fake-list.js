// Galleries that show a list of the test's own.

import { PNG } from "pngjs";
import { Tab } from "./browser.js";

function thumbnailPng() {
  const image = new PNG({ width: 40, height: 30 });
  for (let i = 0; i < image.data.length; i += 4) image.data.set([200, 120, 180, 255], i);
  return PNG.sync.write(image);
}

/** The list that a page is told instead of that of the server. A test may change it while the page is open. */
export class FakeList {
  revision = 1;
  /** Pages after the first one wait for this promise. */
  released = Promise.resolve();
  /** The status of answers for thumbnails. */
  thumbnailStatus = 200;

  constructor(entries) {
    this.entries = entries;
  }

  /** Replaces the entries, as if packs had been added or removed. */
  set(entries) {
    this.entries = entries;
    this.revision += 1;
  }

  async answer(route) {
    const { searchParams } = new URL(route.request().url());
    const [offset, limit] = [Number(searchParams.get("offset") ?? 0), Number(searchParams.get("limit") ?? 100)];
    if (offset > 0) await this.released;
    const slides = this.entries.slice(offset, offset + limit);
    await route.fulfill({
      json: { slides, total: this.entries.length, offset, limit, revision: String(this.revision) },
    });
  }

  async answerThumbnail(route) {
    if (this.thumbnailStatus === 200) await route.fulfill({ contentType: "image/png", body: thumbnailPng() });
    else await route.fulfill({ status: this.thumbnailStatus, json: { error: "No thumbnail" } });
  }
}

/** In milliseconds: long, for machines that are busy with a build. */
const TIMEOUT = 90_000;

/** Opens the gallery at `path` with a list of the test's own. `options` are those of the browser context. */
export async function openGallery(pages, list, path = "/", options = {}) {
  const context = await pages.browser.newContext({
    viewport: { width: 1200, height: 800 },
    reducedMotion: "reduce",
    ...options,
  });
  context.setDefaultTimeout(TIMEOUT);
  const page = await context.newPage();
  const tab = new Tab(context, page);
  await page.route((url) => url.pathname === "/slides", (route) => list.answer(route));
  await page.route((url) => /^\/slides\/[^/]+\/thumbnail$/.test(url.pathname), (route) => list.answerThumbnail(route));
  await page.goto(pages.site.url + path);
  return tab;
}
