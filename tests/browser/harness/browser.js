import { chromium } from "playwright-core";
import { PNG } from "pngjs";

const IMMUTABLE = "public, max-age=31536000, immutable";
/** How long a page may take for anything, in milliseconds: machines that build at the same time are slow. */
const PATIENCE = 90_000;
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--force-color-profile=srgb",
];

/** A headless Chromium with a profile of its own. */
export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
}

/**
 * A page that remembers everything that went wrong in it and every tile it was given. Animations are off, so that a
 * view that has arrived stays still.
 */
export class Tab {
  /** `options` are the browser context's, and `withhold(url)`, which says what requests are to fail. */
  static async open(browser, url, { withhold, ...options } = {}) {
    const context = await browser.newContext({
      viewport: { width: 1200, height: 800 },
      reducedMotion: "reduce",
      ...options,
    });
    context.setDefaultTimeout(PATIENCE);
    const tab = new Tab(context, await context.newPage());
    tab.withhold = withhold;
    // Every request would take a detour through the test, so only where some are to fail.
    if (withhold) {
      await tab.page.route("**/*", (route) => (tab.withhold(route.request().url()) ? route.abort() : route.continue()));
    }
    tab.response = await tab.page.goto(url);
    return tab;
  }

  constructor(context, page) {
    this.context = context;
    this.page = page;
    this.faults = [];
    this.tiles = [];
    page.on("console", (message) => {
      if (message.type() === "error") this.#fault(`console: ${message.text()}`);
    });
    page.on("pageerror", (error) => this.#fault(`page: ${error.message}`));
    page.on("requestfailed", (request) => this.#fault(`${request.failure()?.errorText}: ${request.url()}`));
    page.on("response", (response) => this.#examine(response));
  }

  /** The first ones tell what happened. */
  #fault(text) {
    if (this.faults.length < 5) this.faults.push(text);
  }

  #examine(response) {
    const status = response.status();
    const tile = response.url().match(/\/dzi\/[^/]+_files\/(\d+)\/(\d+)_(\d+)\.\w+/);
    if (tile) this.tiles.push({ z: Number(tile[1]), x: Number(tile[2]), y: Number(tile[3]), status });
    if (status !== 200 && status !== 304) this.#fault(`${status}: ${response.url()}`);
    const caching = response.headers()["cache-control"];
    if (tile && caching !== IMMUTABLE) this.#fault(`cache-control ${caching}: ${response.url()}`);
  }

  /** Waits until the viewer has arrived, every tile of the view is loaded, and the screen has been painted. */
  async settled() {
    await this.page.waitForFunction(() => {
      const item = window.viewer?.isOpen() && window.viewer.world.getItemAt(0);
      if (!item || !item.getFullyLoaded()) return false;
      const { viewport } = window.viewer;
      const [now, end] = [viewport.getBounds(true), viewport.getBounds(false)];
      return Math.abs(now.x - end.x) + Math.abs(now.y - end.y) + Math.abs(now.width - end.width) < 1e-9;
    });
    await this.page.evaluate(
      () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50)))),
    );
  }

  /** Moves to a view by its link, `#x,y,zoom`, and waits until it is drawn. */
  async look(x, y, zoom) {
    await this.page.evaluate((hash) => {
      location.hash = hash;
    }, `#${x},${y},${zoom}`);
    await this.page.waitForFunction((zoom) => {
      const { viewport } = window.viewer;
      return Math.abs(viewport.viewportToImageZoom(viewport.getZoom(false)) / zoom - 1) < 1e-6;
    }, zoom);
    await this.settled();
  }

  /**
   * What a person sees of the slide: a screenshot of the stage without the instruments over it. `slideAt` says which
   * slide pixel lies under a screenshot pixel.
   */
  async picture() {
    const view = await this.page.evaluate(() => {
      for (const over of document.querySelectorAll(".stage > :not(#slide), .navigator")) over.style.visibility = "hidden";
      const { viewport } = window.viewer;
      const corner = viewport.viewerElementToImageCoordinates(new OpenSeadragon.Point(0, 0));
      return { x: corner.x, y: corner.y, zoom: viewport.viewportToImageZoom(viewport.getZoom(true)) };
    });
    const shot = PNG.sync.read(await this.page.locator("#slide").screenshot());
    await this.page.evaluate(() => {
      for (const over of document.querySelectorAll(".stage > :not(#slide), .navigator")) over.style.visibility = "";
    });
    return {
      width: shot.width,
      height: shot.height,
      at: (x, y) => {
        const at = 4 * (y * shot.width + x);
        return [shot.data[at], shot.data[at + 1], shot.data[at + 2]];
      },
      slideAt: (x, y) => [view.x + (x + 0.5) / view.zoom, view.y + (y + 0.5) / view.zoom],
    };
  }

  close() {
    return this.context.close();
  }
}
