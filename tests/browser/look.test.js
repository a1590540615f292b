// Adjusting and rotating without a page: the lookup table, and what links say about them.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  applyTable,
  formatLook,
  isNeutral,
  NEUTRAL,
  parseLook,
  table,
} from "../../crates/server/viewer/src/view/see/adjustment.js";
import { formatAngle, halfTurn, parseAngle, wholeTurn } from "../../crates/server/viewer/src/view/see/angle.js";

test("the neutral adjustment changes no value", () => {
  assert.deepEqual([...table(NEUTRAL)], Array.from({ length: 256 }, (_, value) => value));
  assert.equal(isNeutral(NEUTRAL), true);
  assert.equal(isNeutral({ ...NEUTRAL, invert: true }), false);
});

test("each adjustment does what its formula says", () => {
  const cases = [
    [{ brightness: 20 }, 100, 151],
    [{ brightness: -100 }, 255, 0],
    [{ contrast: 3 }, 100, 45],
    [{ contrast: 0.5 }, 0, 64],
    [{ gamma: 2 }, 64, 128],
    [{ invert: true }, 10, 245],
    [{ brightness: 20, invert: true }, 100, 104],
  ];
  for (const [change, value, expected] of cases) {
    assert.equal(table({ ...NEUTRAL, ...change })[value], expected, JSON.stringify(change));
  }
});

test("a table never falls where it should rise, and stays within 0 to 255", () => {
  for (const brightness of [-100, -30, 0, 30, 100]) {
    for (const contrast of [0.2, 1, 4]) {
      for (const gamma of [0.2, 1, 4]) {
        const values = [...table({ brightness, contrast, gamma, invert: false })];
        assert.equal(values.length, 256);
        for (let n = 1; n < 256; n += 1) assert.ok(values[n] >= values[n - 1]);
        const inverse = table({ brightness, contrast, gamma, invert: true });
        values.forEach((value, n) => assert.ok(Math.abs(value + inverse[n] - 255) <= 1));
      }
    }
  }
});

test("a picture is looked up in the table, except for its opacity", () => {
  const picture = { data: Uint8ClampedArray.of(0, 10, 255, 255, 1, 2, 3, 7) };
  assert.equal(applyTable(picture, table({ ...NEUTRAL, invert: true })), picture);
  assert.deepEqual([...picture.data], [255, 245, 0, 255, 254, 253, 252, 7]);
});

test("an adjustment reads back from a link as it was written, and nonsense is neutral", () => {
  const adjustment = { brightness: -10, contrast: 1.2, gamma: 0.9, invert: true };
  assert.equal(formatLook(adjustment), "b-10,c1.2,g0.9,i");
  assert.deepEqual(parseLook(formatLook(adjustment)), adjustment);
  assert.equal(formatLook(NEUTRAL), null);
  for (const text of [null, "", "x", "b", "bNaN", "b1e5", "c-", "gInfinity", "b 5", "constructor", ",,,", "b--5"]) {
    assert.deepEqual(parseLook(text), NEUTRAL, text);
  }
  assert.deepEqual(parseLook("b999,c99,g0"), { brightness: 100, contrast: 4, gamma: 0.2, invert: false });
});

test("angles are kept within a turn, and nonsense is none", () => {
  const turns = [
    [0, 0],
    [90, 90],
    [-90, 270],
    [360, 0],
    [725.25, 5.3],
    [-0.01, 0],
    [359.99, 0],
  ];
  for (const [degrees, expected] of turns) assert.equal(wholeTurn(degrees), expected, String(degrees));
  assert.equal(halfTurn(270), -90);
  assert.equal(halfTurn(180), 180);
  assert.equal(halfTurn(-180), 180);
  assert.equal(formatAngle(360), null);
  assert.equal(formatAngle(-45.5), "314.5");
  assert.equal(parseAngle("314.5"), 314.5);
  for (const text of [null, "", "x", "NaN", "1e3", "9999999", "5 "]) assert.equal(parseAngle(text), 0, String(text));
});
