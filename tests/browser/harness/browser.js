// A headless Chromium, and tabs in it that record what goes wrong.

import { chromium } from "playwright-core";
import { PNG } from "pngjs";
import { Picture } from "./picture.js";

const IMMUTABLE = "public, max-age=31536000, immutable";
/** Time limit of every action on a page, in milliseconds: long, for machines that are busy with a build. */
const TIMEOUT = 90_000;
/** The first problems explain the later ones. */
const MAX_PROBLEMS = 5;
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

/** Launches a headless Chromium with its own profile. */
export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
}

/** Runs in the page, before its own scripts. */
function forbidStorage() {
  for (const name of ["localStorage", "sessionStorage"]) {
    Object.defineProperty(window, name, {
      get() {
        throw new DOMException("storage is forbidden", "SecurityError");
      },
    });
  }
}

/**
 * A page that records its first problems (errors, failed requests, wrong caching headers) and every tile it receives.
 * Animations are turned off, so a view that has settled does not move.
 */
export class Tab {
  /**
   * `options` are those of the browser context. Requests whose URL makes `shouldFail(url)` true fail. With
   * `storage: "forbidden"` every use of the browser's storage throws. With `mayCancel: true` the page may cancel requests
   * of its own, as viewers do with tiles that went out of view.
   */
  static async open(browser, url, { shouldFail, storage, mayCancel = false, ...options } = {}) {
    const context = await browser.newContext({
      viewport: { width: 1200, height: 800 },
      reducedMotion: "reduce",
      ...options,
    });
    context.setDefaultTimeout(TIMEOUT);
    const tab = new Tab(context, await context.newPage());
    tab.shouldFail = shouldFail;
    tab.mayCancel = mayCancel;
    if (storage === "forbidden") await tab.page.addInitScript(forbidStorage);
    // Routing sends every request through the test process, so it is used only where it is needed.
    if (shouldFail) {
      await tab.page.route("**/*", (route) => (tab.shouldFail(route.request().url()) ? route.abort() : route.continue()));
    }
    tab.response = await tab.page.goto(url);
    return tab;
  }

  constructor(context, page) {
    this.context = context;
    this.page = page;
    this.problems = [];
    this.tiles = [];
    /** The request for a page that is being loaded in place of this one, which ends all requests of this one. */
    this.leaving = undefined;
    page.on("request", (request) => {
      const isNavigation = request.isNavigationRequest() && request.frame() === page.mainFrame();
      if (isNavigation && page.url() !== "about:blank") this.leaving = request;
    });
    page.on("domcontentloaded", () => {
      this.leaving = undefined;
    });
    page.on("console", (message) => {
      if (message.type() === "error") this.#record(`console: ${message.text()} (${message.location().url})`);
    });
    page.on("pageerror", (error) => this.#record(`page: ${error.message}`));
    page.on("requestfailed", (request) => this.#recordFailure(request));
    page.on("response", (response) => this.#examine(response));
  }

  #record(problem) {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push(problem);
  }

  #recordFailure(request) {
    const cause = request.failure()?.errorText;
    const mayAbort = this.mayCancel || this.leaving;
    // The page stays after all, and its requests go on.
    if (request === this.leaving) this.leaving = undefined;
    if (mayAbort && cause === "net::ERR_ABORTED") return;
    this.#record(`${cause}: ${request.url()}`);
  }

  #examine(response) {
    const status = response.status();
    const tile = response.url().match(/\/dzi\/[^/]+_files\/(\d+)\/(\d+)_(\d+)\.\w+/);
    if (tile) this.tiles.push({ z: Number(tile[1]), x: Number(tile[2]), y: Number(tile[3]), status });
    if (status !== 200 && status !== 304) this.#record(`${status}: ${response.url()}`);
    const caching = response.headers()["cache-control"];
    if (tile && caching !== IMMUTABLE) this.#record(`cache-control ${caching}: ${response.url()}`);
  }

  /** Waits until the view has stopped moving, all its tiles are loaded, and the screen has been painted. */
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
  async moveTo(x, y, zoom) {
    await this.page.evaluate((hash) => {
      location.hash = hash;
    }, `#${x},${y},${zoom}`);
    await this.page.waitForFunction((zoom) => {
      const { viewport } = window.viewer;
      return Math.abs(viewport.viewportToImageZoom(viewport.getZoom(false)) / zoom - 1) < 1e-6;
    }, zoom);
    await this.settled();
  }

  /** Presses a key the given number of times. */
  async press(key, times = 1) {
    for (let n = 0; n < times; n += 1) await this.page.keyboard.press(key);
  }

  /** A screenshot of the slide without the controls over it. `shown` selects the parts of the stage that are in it. */
  async picture(shown = "#slide") {
    const view = await this.page.evaluate(() => {
      const { viewport } = window.viewer;
      const corner = viewport.viewerElementToImageCoordinates(new OpenSeadragon.Point(0, 0));
      return { x: corner.x, y: corner.y, zoom: viewport.viewportToImageZoom(viewport.getZoom(true)) };
    });
    await this.#setControlsVisibility(shown, "hidden");
    const screenshot = PNG.sync.read(await this.page.locator("#slide").screenshot());
    await this.#setControlsVisibility(shown, "");
    return new Picture(screenshot, view);
  }

  #setControlsVisibility(shown, visibility) {
    return this.page.evaluate(
      ([shown, visibility]) => {
        for (const control of document.querySelectorAll(`.stage > :not(${shown}), .navigator`)) {
          control.style.visibility = visibility;
        }
      },
      [shown, visibility],
    );
  }

  close() {
    return this.context.close();
  }
}
