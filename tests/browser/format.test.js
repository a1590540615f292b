// The viewer's pure functions: formatting, the scale bar, magnifications and links.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as format from "../../crates/server/viewer/src/shared/format.js";
import { formatFragment, parseFragment } from "../../crates/server/viewer/src/view/link.js";
import { niceBelow, pixelSizeAcross, scaleBar } from "../../crates/server/viewer/src/view/scale-bar.js";
import { formatView, parseView } from "../../crates/server/viewer/src/view/view-link.js";
import { powersOf } from "../../crates/server/viewer/src/view/zoom.js";

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

test("areas are given in the unit that makes them short", () => {
  const cases = [
    [12.34, "12.3 µm²"],
    [99_000, "99,000 µm²"],
    [250_000, "0.25 mm²"],
    [1_234_000, "1.23 mm²"],
  ];
  for (const [squareMicrometres, text] of cases) assert.equal(format.area(squareMicrometres), text);
});

test("a magnification that was derived from the pixel size says so", () => {
  assert.equal(format.magnification({ magnification: { power: 20, derived: false } }), "20×");
  assert.equal(format.magnification({ magnification: { power: 40, derived: true } }), "about 40×");
  assert.equal(format.magnification({ magnification: null }), null);
});

test("a message becomes a sentence", () => {
  assert.equal(format.sentence("this pack cannot be opened: it is empty"), "This pack cannot be opened: it is empty.");
  assert.equal(format.sentence("The server does not answer."), "The server does not answer.");
});

test("zoom buttons go up to the slide's own magnification", () => {
  assert.deepEqual(powersOf({ power: 20 }), [1.25, 2.5, 5, 10, 20]);
  assert.deepEqual(powersOf({ power: 40, derived: true }), [1.25, 2.5, 5, 10, 20, 40]);
  assert.deepEqual(powersOf({ power: 100 }), [1.25, 2.5, 5, 10, 20, 40, 60, 100]);
  assert.deepEqual(powersOf(null), []);
});

test("a scale bar across a turned slide takes the pixel size of that direction", () => {
  const mpp = [0.25, 0.5];
  for (const [degrees, expected] of [[0, 0.25], [90, 0.5], [180, 0.25], [-90, 0.5], [45, Math.hypot(0.25, 0.5) / Math.SQRT2]]) {
    assert.ok(Math.abs(pixelSizeAcross(mpp, degrees) - expected) < 1e-12, `${degrees} degrees`);
  }
  assert.equal(pixelSizeAcross(null, 90), null);
});

test("a view link reads back as it was written", () => {
  const view = { x: 70_778.5, y: 22_022.5, zoom: 0.12345 };
  assert.equal(formatView(view), "70778.5,22022.5,0.12345");
  assert.deepEqual(parseView(formatView(view)), view);
  assert.deepEqual(parseView("1,2,1"), { x: 1, y: 2, zoom: 1 });
});

test("a text that is not a view is ignored", () => {
  for (const text of ["", "1,2", "1,2,3,4", "a,b,c", "1,2,0", "1,2,-1", "1,2,Infinity", "1,,1", "NaN,1,1", "1e999,1,1"]) {
    assert.equal(parseView(text), null, text);
  }
});

test("the parts of a link read back as they were written, whatever is in them", () => {
  const parts = new Map([
    ["", "10,20,0.5"],
    ["r", "90"],
    ["m", "a&b=c#d %25 слайд 😀"],
  ]);
  const hash = formatFragment(parts);
  assert.match(hash, /^#10,20,0\.5&r=90&m=/);
  assert.deepEqual(parseFragment(hash), parts);
  assert.equal(formatFragment(new Map()), "");
});

test("links of old, with nothing but a view, still work", () => {
  assert.deepEqual(parseFragment("#1,2,0.5"), new Map([["", "1,2,0.5"]]));
});

test("nonsense in a link is left out, and the rest of the link is kept", () => {
  for (const nonsense of ["&", "&&&", "&=", "&=1", "&m=%", "&m=%E0%A4%A", "&m=", "&<b>=1", "&&r", "&a b=1"]) {
    const parts = parseFragment(`#1,2,3${nonsense}&look=4`);
    assert.equal(parts.get(""), "1,2,3", nonsense);
    assert.equal(parts.get("look"), "4", nonsense);
    assert.equal(parts.size, 2, nonsense);
  }
  assert.equal(parseFragment(`#m=${"x".repeat(1e6)}`).size, 0, "a part of a megabyte");
  assert.equal(parseFragment("#m=1&m=2").get("m"), "1", "the first of two");
});
