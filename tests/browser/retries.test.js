// What the viewer does when tiles cannot be loaded: it says why, tries again, and shows everything in the end.

import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { test } from "node:test";
import { Pages } from "./harness/pages.js";
import { compareToReference } from "./harness/reference.js";
import { stageColour } from "./harness/view.js";

const pages = new Pages(async ({ site }) => {
  await site.packReference("reference", "--mode", "exact");
  await site.packReference("removed", "--mode", "exact");
});

/** A view in the middle of the slide at full resolution. */
const VIEW = "#1100,800,1";

function notice(tab) {
  return tab.page.locator("#notice");
}

/** Waits until the notice has a text that matches. */
async function waitForNotice(tab, pattern) {
  await notice(tab).getByText(pattern).first().waitFor();
}

/** Fails unless every tile of the view is drawn in full resolution. */
async function assertSharp(tab) {
  await tab.settled();
  const drawn = compareToReference(await tab.picture(), await stageColour(tab));
  assert.ok(drawn.mean < 2.5 && drawn.worst < 16, JSON.stringify(drawn));
}

function isTile(url) {
  return url.includes("_files/");
}

test("a tile that fails at first is requested again", async () => {
  const refused = new Set();
  /** The first request for each tile of full resolution fails. */
  function shouldFail(url) {
    const fails = url.includes("_files/12/") && !refused.has(url);
    if (fails) refused.add(url);
    return fails;
  }
  const tab = await pages.view("reference", VIEW, { shouldFail });
  for (let tries = 0; tries < 300 && fullTiles(tab) < refused.size; tries += 1) await tab.page.waitForTimeout(100);
  assert.ok(refused.size >= 9, `${refused.size} tiles were refused`);
  assert.equal(fullTiles(tab), refused.size, "all of them arrived later");
  await notice(tab).waitFor({ state: "hidden" });
  await assertSharp(tab);
  await tab.close();
});

/** The number of tiles of full resolution that have arrived. */
function fullTiles(tab) {
  return new Set(tab.tiles.filter(({ z }) => z === 12).map(({ x, y }) => `${x},${y}`)).size;
}

test("tiles that stay missing are reported", async () => {
  const tab = await pages.open(`/view/reference?drawer=canvas${VIEW}`, {
    shouldFail: (url) => url.includes("_files/12/"),
  });
  await waitForNotice(tab, /\d+ tiles? could not be loaded/);
  await tab.close();
});

test("when the server is away for a moment, everything is loaded afterwards, wherever the view has moved", async () => {
  let isAway = false;
  let questions = 0;
  function shouldFail(url) {
    if (isAway && url.endsWith("/slides/reference")) questions += 1;
    return isAway && (isTile(url) || url.includes("/slides/"));
  }
  const tab = await pages.view("reference", VIEW, { shouldFail });
  isAway = true;
  await tab.press("ArrowRight", 4);
  await waitForNotice(tab, "The server does not answer.");
  assert.equal(questions, 1, "many failed tiles lead to one question");
  assert.match(await notice(tab).innerText(), /Trying again in \d+ s/);
  assert.equal(await tab.page.locator("#announcement").textContent(), "The server does not answer.");
  await tab.press("ArrowDown", 2);
  await tab.press("ArrowLeft", 6);
  await tab.page.waitForTimeout(2500);
  assert.ok(await notice(tab).isVisible(), "the notice stays while the server is away");
  isAway = false;
  await notice(tab).waitFor({ state: "hidden" });
  await assertSharp(tab);
  await tab.press("ArrowRight", 6);
  await tab.press("ArrowUp", 2);
  await assertSharp(tab);
  await tab.close();
});

test("Retry now and a network that comes back do not wait", async () => {
  let isAway = false;
  let asked = Infinity;
  const tab = await pages.view("reference", VIEW, {
    shouldFail(url) {
      asked = Math.min(asked, Date.now());
      return isAway && (isTile(url) || url.includes("/slides/"));
    },
  });
  for (const retry of [
    () => tab.page.getByRole("button", { name: "Retry now" }).click(),
    () => tab.page.evaluate(() => dispatchEvent(new Event("online"))),
  ]) {
    isAway = true;
    await tab.press("ArrowRight", 2);
    // Long enough for the waits to have become long.
    await waitForNotice(tab, /in [78] s/);
    isAway = false;
    asked = Infinity;
    await retry();
    // Everything that follows may take long on a busy machine; the question itself was not put off.
    const retried = Date.now();
    await notice(tab).waitFor({ state: "hidden" });
    assert.ok(asked < retried + 3000, `asked ${asked - retried} ms later`);
    await assertSharp(tab);
    await tab.press("ArrowDown", 2);
    await tab.settled();
  }
  await tab.close();
});

test("a slide that was removed is distinguished from a server that is down", async () => {
  const tab = await pages.view("removed", VIEW);
  await rm(pages.site.packPath("removed"));
  for (let tries = 0; tries < 200; tries += 1) {
    const { status } = await fetch(`${pages.site.url}/slides/removed`);
    if (status === 404) break;
    await new Promise((done) => setTimeout(done, 100));
  }
  await tab.press("ArrowRight", 4);
  await waitForNotice(tab, "This slide is no longer on the server.");
  await tab.close();
});

test("a busy server is distinguished from one that is down", async () => {
  const tab = await pages.view("reference", VIEW);
  await tab.page.route("**/dzi/**", (route) => route.fulfill({ status: 503, json: { error: "busy" } }));
  await tab.press("ArrowRight", 4);
  await waitForNotice(tab, "The server is busy.");
  await tab.page.unroute("**/dzi/**");
  await notice(tab).waitFor({ state: "hidden" });
  await assertSharp(tab);
  await tab.close();
});

test("a damaged tile is tried three times, then left alone, and Retry tries it again", async () => {
  const tab = await pages.view("reference", "#1000,300,1");
  let requests = 0;
  // Below the first view and its margins.
  const damaged = "**/dzi/reference_files/12/4_5.jpg*";
  await tab.page.route(damaged, (route) => {
    requests += 1;
    return route.fulfill({ status: 500, json: { error: "damaged" } });
  });
  await tab.moveTo(1100, 1400, 1);
  await waitForNotice(tab, "1 tile of this slide is damaged on the server; everything else is shown.");
  const tried = requests;
  // Three times by the viewer, and after each of them once to find out why.
  assert.equal(tried, 6);
  await tab.page.waitForTimeout(3000);
  assert.equal(requests, tried, "it is left alone");
  assert.ok(await notice(tab).isVisible());
  await tab.page.unroute(damaged);
  await tab.page.getByRole("button", { name: "Retry" }).click();
  await notice(tab).waitFor({ state: "hidden" });
  await assertSharp(tab);
  await tab.close();
});

test("a page in the background does not ask for anything until it is seen again", async () => {
  let isAway = false;
  let requests = 0;
  const tab = await pages.view("reference", VIEW, {
    shouldFail(url) {
      requests += 1;
      return isAway && (isTile(url) || url.includes("/slides/"));
    },
  });
  isAway = true;
  await tab.press("ArrowRight", 4);
  await waitForNotice(tab, "The server does not answer.");
  await setVisibility(tab, "hidden");
  // What it asked for before that is still on its way through this process, which answers all of it.
  await tab.page.waitForTimeout(1000);
  const before = requests;
  await tab.page.waitForTimeout(4000);
  assert.equal(requests, before);
  isAway = false;
  await setVisibility(tab, "visible");
  await notice(tab).waitFor({ state: "hidden" });
  await assertSharp(tab);
  await tab.close();
});

/** Makes the page believe that it is in the background or back from it. */
function setVisibility(tab, state) {
  return tab.page.evaluate((state) => {
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => state });
    Object.defineProperty(document, "hidden", { configurable: true, get: () => state === "hidden" });
    document.dispatchEvent(new Event("visibilitychange"));
  }, state);
}
