// Locked views and links of comparisons without a page.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ARRANGED,
  formatArrangement,
  parseArrangement,
  parseWay,
} from "../../crates/server/viewer/src/view/compare/compare-link.js";
import {
  ALIGNED,
  alignmentOf,
  firstView,
  isSameView,
  secondView,
} from "../../crates/server/viewer/src/view/compare/lock.js";

const COARSE = { width: 1000, height: 800, mpp: [0.5, 0.5] };
const FINE = { width: 4400, height: 3000, mpp: [0.125, 0.125] };
const VIEW = { x: 600, y: 300, zoom: 2, rotation: 30, flip: false };

function assertClose(actual, expected) {
  for (const [name, value] of Object.entries(expected)) {
    const isClose = typeof value === "number" ? Math.abs(actual[name] - value) < 1e-6 : actual[name] === value;
    assert.ok(isClose, `${name}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
  }
}

test("slides of known pixel sizes show the same number of micrometres, from centre to centre", () => {
  const view = secondView(VIEW, COARSE, FINE, ALIGNED);
  // 100 px right of the centre and 100 px above it are four times as many of the finer slide's pixels.
  assertClose(view, { x: 2200 + 400, y: 1500 - 400, zoom: 0.5, rotation: 30, flip: false });
  assertClose(firstView(view, COARSE, FINE, ALIGNED), VIEW);
});

test("if a pixel size is unknown, slides show the same share of the width", () => {
  const view = secondView({ ...VIEW, flip: true }, COARSE, { ...FINE, mpp: null }, ALIGNED);
  assertClose(view, { x: 2200 + 440, y: 1500 - 440, zoom: 2 / 4.4, rotation: 30, flip: true });
});

test("a turned slide moves in the same direction on the screen as the first", () => {
  const alignment = { dx: 0, dy: 0, scale: 1, turn: 90 };
  const centre = { x: 500, y: 400, zoom: 1, rotation: 0, flip: false };
  const [before, after] = [centre, { ...centre, x: 510 }].map((view) => secondView(view, COARSE, COARSE, alignment));
  assert.equal(after.rotation, 90);
  // Turned clockwise by 90 degrees, what is above on the slide is right on the screen.
  assertClose({ x: after.x - before.x, y: after.y - before.y }, { x: 0, y: -10 });
});

test("the alignment of two views leads from one to the other, and back", () => {
  const other = { x: 2900.5, y: 800.25, zoom: 0.7, rotation: 350, flip: false };
  const alignment = alignmentOf(VIEW, other, COARSE, FINE);
  assertClose(alignment, { scale: 1.4, turn: -40 });
  assertClose(secondView(VIEW, COARSE, FINE, alignment), other);
  assertClose(firstView(other, COARSE, FINE, alignment), VIEW);
  const elsewhere = { ...VIEW, x: 10, y: 700, zoom: 0.3, rotation: 0 };
  const followed = secondView(elsewhere, COARSE, FINE, alignment);
  assertClose(alignmentOf(elsewhere, followed, COARSE, FINE), alignment);
});

test("views that differ by less than can be seen are the same, at any zoom and across north", () => {
  assert.equal(isSameView(VIEW, { ...VIEW, x: 600.001 }), true);
  assert.equal(isSameView(VIEW, { ...VIEW, x: 600.1 }), false);
  assert.equal(isSameView({ ...VIEW, zoom: 0.01 }, { ...VIEW, x: 600.1, zoom: 0.01 }), true);
  assert.equal(isSameView({ ...VIEW, rotation: 0 }, { ...VIEW, rotation: 360 }), true);
  assert.equal(isSameView(VIEW, { ...VIEW, flip: true }), false);
});

test("arrangements are written as short as they can be, and read back", () => {
  assert.equal(formatArrangement(ARRANGED), null);
  assert.equal(formatArrangement({ ...ARRANGED, slider: 25 }), "25");
  const arranged = { slider: 30, opacity: 80, alignment: { dx: 12.5, dy: -3, scale: 1.02, turn: -7.5 } };
  assert.equal(formatArrangement(arranged), "30,80,12.5,-3,1.02,-7.5");
  assert.deepEqual(parseArrangement("30,80,12.5,-3,1.02,-7.5"), arranged);
  assert.deepEqual(parseArrangement("25"), { ...ARRANGED, slider: 25 });
});

test("nonsense about an arrangement is ignored", () => {
  for (const text of [null, "", "left", "101", "-1", "50,100,0,0,0", "50,100,1e9", "1,2,3,4,1,5,6", "50,,3", "NaN"]) {
    assert.deepEqual(parseArrangement(text), ARRANGED, String(text));
  }
  for (const text of [null, "", "SIDE", "__proto__"]) assert.equal(parseWay(text), "side");
});
