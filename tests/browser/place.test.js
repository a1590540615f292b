// Places on the screen and on the slide while the slide is turned and mirrored.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Pages } from "./harness/pages.js";
import { referenceColour } from "./harness/reference.js";
import { assertNear } from "./harness/view.js";

const pages = new Pages(({ site }) => site.packReference("reference"));

/** Places relative to the centre of the screen, away from all controls. */
const PLACES = [
  [0, 0],
  [250, 40],
  [-250, 120],
  [90, -200],
  [-180, -150],
];

/** Opens the middle of the slide, turned and maybe mirrored. */
async function openTurned(degrees, flip, drawer) {
  const tab = await pages.view("reference", "#1150,850,0.8", { drawer });
  await tab.page.evaluate(
    ([degrees, flip]) => {
      window.viewer.viewport.setRotation(degrees, true);
      window.viewer.viewport.setFlip(flip);
    },
    [degrees, flip],
  );
  await tab.page.waitForTimeout(200);
  await tab.settled();
  const box = await tab.page.locator("#slide").boundingBox();
  const centre = { x: Math.round(box.width / 2), y: Math.round(box.height / 2) };
  /** The place on the slide, as the viewer displays it, under a pointer at this distance from the centre. */
  async function positionAt(across, down) {
    await tab.page.mouse.move(box.x + centre.x + across, box.y + centre.y + down);
    const text = await tab.page.locator("#position").innerText();
    return text.match(/x (\d+) y (\d+)/).slice(1).map(Number);
  }
  return { tab, centre, width: box.width, height: box.height, positionAt };
}

/**
 * Angles by drawer. WebGL in software, which is all that tests have, mixes the tiles up at other angles than these
 * (github.com/openseadragon/openseadragon/issues/2556); the viewer chooses canvas there.
 */
const ANGLES = { canvas: [0, 30, 90, 250], webgl: [90] };

for (const [drawer, angles] of Object.entries(ANGLES)) {
  for (const degrees of angles) {
    for (const flip of [false, true]) {
      const how = `${degrees} degrees${flip ? ", mirrored" : ""} (${drawer})`;
      test(`the position under the pointer is where that pixel of the slide is drawn: ${how}`, async () => {
        const { tab, centre, positionAt } = await openTurned(degrees, flip, drawer);
        const picture = await tab.picture();
        for (const [across, down] of PLACES) {
          const [x, y] = await positionAt(across, down);
          const drawn = picture.colourAt(centre.x + across, centre.y + down);
          const expected = referenceColour(x + 0.5, y + 0.5);
          for (const [channel, value] of drawn.entries()) {
            assertNear(value, expected[channel], 14, `channel ${channel} at ${across}, ${down}, slide ${x}, ${y}`);
          }
        }
        await tab.close();
      });
    }
  }
}

for (const [degrees, flip] of [
  [0, true],
  [90, false],
  [90, true],
  [200, true],
]) {
  test(`arrow keys move in the directions of the screen: ${degrees} degrees${flip ? ", mirrored" : ""}`, async () => {
    const { tab, width, height, positionAt } = await openTurned(degrees, flip, "canvas");
    for (const [key, across, down] of [
      ["ArrowRight", 0.15 * width, 0],
      ["ArrowUp", 0, -0.15 * height],
    ]) {
      const expected = await positionAt(across, down);
      await tab.press(key);
      await tab.settled();
      const [x, y] = await positionAt(0, 0);
      assertNear(x, expected[0], 3, `column after ${key}`);
      assertNear(y, expected[1], 3, `row after ${key}`);
    }
    await tab.close();
  });
}
