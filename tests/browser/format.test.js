// The viewer's pure functions: formatting, the scale bar and view links.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as format from "../../crates/server/viewer/assets/format.js";
import { niceBelow, scaleBar } from "../../crates/server/viewer/assets/scale-bar.js";
import { formatView, parseView } from "../../crates/server/viewer/assets/view-link.js";

test("lengths are given in the unit that makes them short", () => {
  const cases = [
    [0.2, "200 nm"],
    [0.5, "500 nm"],
    [1, "1 µm"],
    [50, "50 µm"],
    [999, "999 µm"],
    [1000, "1 mm"],
    [20_000, "20 mm"],
    [100_000, "10 cm"],
  ];
  for (const [micrometres, text] of cases) assert.equal(format.length(micrometres), text);
});

test("bytes have three digits, and rounding may lead to the next unit", () => {
  const cases = [
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1 kB"],
    [999_499, "999 kB"],
    [999_600, "1 MB"],
    [1_938_955, "1.94 MB"],
    [46_899_180, "46.9 MB"],
    [5e12, "5 TB"],
  ];
  for (const [value, text] of cases) assert.equal(format.bytes(value), text);
});

test("a slide without a pixel size has no size in millimetres", () => {
  const slide = { width: 2220, height: 2967, mpp: null };
  assert.equal(format.millimetres(slide), null);
  assert.equal(format.pixelSize(slide), null);
  assert.equal(format.millimetres({ ...slide, mpp: [0.499, 0.499] }), "1.11 × 1.48 mm");
  assert.equal(format.pixelSize({ ...slide, mpp: [0.499, 0.499] }), "0.499 µm/px");
  assert.equal(format.pixelSize({ ...slide, mpp: [0.25, 0.5] }), "0.25 × 0.5 µm/px");
});

test("a saving has a sign", () => {
  assert.equal(format.saving(62, 100), "−38\u00a0%");
  assert.equal(format.saving(103, 100), "+3\u00a0%");
  assert.equal(format.saving(100, 100), "0\u00a0%");
  assert.equal(format.saving(5, 0), "–");
});

test("nice numbers are 1, 2 or 5 times a power of ten, and at least two fifths of the limit", () => {
  for (let exponent = -6; exponent <= 9; exponent += 1) {
    for (const factor of [1, 2, 5]) {
      const exact = factor * 10 ** exponent;
      assert.ok(Math.abs(niceBelow(exact) / exact - 1) < 1e-9, `${exact} is nice itself`);
      const below = niceBelow(exact * 0.99);
      assert.ok(below < exact * 0.99 && below >= exact * 0.39, `${below} below ${exact}`);
    }
  }
  assert.equal(niceBelow(180), 100);
  assert.equal(niceBelow(49.9), 20);
});

test("the scale bar is as long as its label says at every zoom", () => {
  const micrometres = { nm: 1e-3, µm: 1, mm: 1e3, cm: 1e4, px: 1 };
  for (const mpp of [0.2528, 0.499, 3.7, null]) {
    for (let zoom = 1 / 1024; zoom <= 8; zoom *= 1.37) {
      const bar = scaleBar(zoom, mpp, 180);
      const [number, unit] = bar.label.replaceAll(",", "").split(" ");
      const length = (bar.width / zoom) * (mpp ?? 1);
      assert.equal(unit === "px", mpp === null);
      assert.ok(Math.abs(length / (Number(number) * micrometres[unit]) - 1) < 1e-9, `${bar.label} at ${zoom}`);
      assert.ok(bar.width <= 180 * (1 + 1e-9) && bar.width >= 70, `${bar.width} px at ${zoom}`);
    }
  }
});

test("a view link reads back as it was written", () => {
  const view = { x: 70_778.5, y: 22_022.5, zoom: 0.12345 };
  assert.equal(formatView(view), "#70778.5,22022.5,0.12345");
  assert.deepEqual(parseView(formatView(view)), view);
  assert.deepEqual(parseView("#1,2,1"), { x: 1, y: 2, zoom: 1 });
});

test("a fragment that is not a view is ignored", () => {
  for (const hash of ["", "#", "#1,2", "#1,2,3,4", "#a,b,c", "#1,2,0", "#1,2,-1", "#1,2,Infinity", "#1,,1", "#NaN,1,1"]) {
    assert.equal(parseView(hash), null, hash);
  }
});
