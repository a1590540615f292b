// Which drawer the viewer takes: WebGL on a graphics card, a canvas where WebGL runs in software or not at all.

import assert from "node:assert/strict";
import { test } from "node:test";
import { isSoftwareRenderer } from "../../crates/server/viewer/src/view/drawer.js";
import { Pages } from "./harness/pages.js";
import { compareToReference } from "./harness/reference.js";
import { stageColour } from "./harness/view.js";

const pages = new Pages(({ site }) => site.packReference("reference"));

test("renderers in software are known by their names", () => {
  for (const name of [
    "Google Inc. (Google) ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero) (0x0000C0DE)), SwiftShader driver)",
    "Google SwiftShader",
    "Mesa/X.org llvmpipe (LLVM 15.0.7, 256 bits)",
    "llvmpipe, or similar",
    "softpipe",
    "Google Inc. (Microsoft) ANGLE (Microsoft, Microsoft Basic Render Driver Direct3D11 vs_5_0 ps_5_0, D3D11)",
    "Apple Inc. Apple Software Renderer",
    "VMware, Inc. SVGA3D; build: RELEASE;  LLVM;",
    "Humper Chromium VirtualBox Graphics Adapter",
    "Citrix Indirect Display Adapter",
    "Google Inc. (Mesa) ANGLE (Mesa, lavapipe (LLVM 16.0.6, 256 bits), OpenGL 4.5)",
  ]) {
    assert.equal(isSoftwareRenderer(name), true, name);
  }
});

test("graphics cards are known by their names", () => {
  for (const name of [
    "Google Inc. (NVIDIA) ANGLE (NVIDIA, NVIDIA GeForce RTX 3060 Direct3D11 vs_5_0 ps_5_0, D3D11)",
    "Google Inc. (Intel) ANGLE (Intel, Mesa Intel(R) UHD Graphics 620 (KBL GT2), OpenGL 4.6)",
    "Google Inc. (Apple) ANGLE (Apple, ANGLE Metal Renderer: Apple M2, Unspecified Version)",
    "Google Inc. (AMD) ANGLE (AMD, AMD Radeon RX 6600 (radeonsi navi23 LLVM 15.0.7), OpenGL 4.6)",
    "Qualcomm Adreno (TM) 640",
    "ARM Mali-G78",
    "Mozilla",
    "",
  ]) {
    assert.equal(isSoftwareRenderer(name), false, name);
  }
});

/** Opens the reference slide with this query, and returns the tab and the drawer that was taken. */
async function drawerFor(query, options) {
  const tab = await pages.open(`/view/reference${query}#1100,800,1`, options);
  await tab.settled();
  return { tab, drawer: await tab.page.evaluate(() => window.viewer.drawer.getType()) };
}

test("without a graphics card, as here, a canvas is taken", async () => {
  const { tab, drawer } = await drawerFor("");
  assert.equal(drawer, "canvas");
  assert.deepEqual(tab.problems, []);
  await tab.close();
});

test("the address overrides the choice with a known drawer and with nothing else", async () => {
  for (const [query, expected] of [
    ["?drawer=webgl", "webgl"],
    ["?drawer=canvas", "canvas"],
    ["?drawer=html", "canvas"],
    ["?drawer=<script>", "canvas"],
  ]) {
    const { tab, drawer } = await drawerFor(query);
    assert.equal(drawer, expected, query);
    assert.deepEqual(tab.problems, []);
    await tab.close();
  }
});

test("a browser without WebGL draws the slide, even if the address asks for WebGL", async () => {
  const { tab, drawer } = await drawerFor("?drawer=canvas");
  assert.equal(drawer, "canvas");
  await tab.page.addInitScript(() => {
    const { getContext } = HTMLCanvasElement.prototype;
    HTMLCanvasElement.prototype.getContext = function (type, ...options) {
      return type.includes("webgl") ? null : getContext.call(this, type, ...options);
    };
  });
  for (const query of ["", "?drawer=webgl"]) {
    await tab.page.goto(`${pages.site.url}/view/reference${query}#1100,800,1`);
    await tab.settled();
    assert.equal(await tab.page.evaluate(() => window.viewer.drawer.getType()), "canvas", query);
    const drawn = compareToReference(await tab.picture(), await stageColour(tab));
    assert.ok(drawn.mean < 2.5, JSON.stringify(drawn));
  }
  await tab.close();
});
