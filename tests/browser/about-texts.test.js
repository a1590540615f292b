// The words of the page about a slide, without a page.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  contentsOf,
  healthRemarks,
  identityText,
  magnificationText,
  ownTilesText,
  pixelSizeNote,
  qualityText,
  verdict,
} from "../../crates/server/viewer/src/about/words.js";

/** A slide in mode `exact` whose own tiles are kept, with these changes to its settings and its metadata. */
function slide(settings = {}, metadata = {}) {
  const kept = { mode: "exact", kept_source: true, quality_estimate: 30, subsampling: "444", encoded_again: "" };
  return {
    mode: "exact",
    mpp: [0.25, 0.25],
    magnification: { power: 40, derived: true },
    contents: [],
    metadata: { damaged_tiles: 0, untidy_tiles: 0, ...metadata, settings: { ...kept, ...settings } },
  };
}

test("nothing was lost only if the slide's own tiles are kept and none was damaged", () => {
  assert.deepEqual(verdict(slide()), { isWell: true, text: "Nothing was lost." });
  const damaged = verdict(slide({}, { damaged_tiles: 2 }));
  assert.equal(damaged.isWell, false);
  assert.notEqual(damaged.text, "Nothing was lost.");
  const encoded = verdict(slide({ kept_source: false, quality: 80 }));
  assert.match(encoded.text, /encoded as JPEG at quality 80, which loses a little/);
  assert.match(verdict({ ...slide({ mode: "luma" }), mode: "luma" }).text, /^Something was lost/);
  assert.match(verdict({ mode: "exact" }).text, /encoded as JPEG, which loses/);
});

test("damage, untidiness and notes are counted and quoted", () => {
  const remarks = healthRemarks(
    slide({}, { damaged_tiles: 1, untidy_tiles: 1234, contents: { notes: ["12 tiles are left out"] } }),
  );
  assert.equal(remarks.length, 3);
  assert.match(remarks[0], /^1 tile of the slide's file could not be read and is shown/);
  assert.match(remarks[1], /^1,234 tiles of the slide's file are complete/);
  assert.equal(remarks[2], "Note: 12 tiles are left out.");
  assert.deepEqual(healthRemarks({}), ["Every tile of the slide's file could be read."]);
});

test("notes are not said twice", () => {
  const described = { contents: ["page 1 of 3", "a note"], metadata: { contents: { notes: ["a note"] } } };
  assert.deepEqual(contentsOf(described), ["page 1 of 3"]);
});

test("a derived magnification says what it is computed from", () => {
  assert.equal(magnificationText(slide()), "about 40×, computed from the pixel size of 0.25 µm");
  const named = { ...slide(), magnification: { power: 20, derived: false } };
  assert.equal(magnificationText(named), "20×, as the slide's file says");
  assert.equal(magnificationText({ magnification: null }), null);
});

test("a pixel size is explained, and so is its absence", () => {
  assert.match(pixelSizeNote({ mpp: [0.25, 0.25] }), /4,000 pixels side by side are a millimetre\.$/);
  assert.match(pixelSizeNote({ mpp: [0.25, 0.5] }), /not square/);
  assert.match(pixelSizeNote({ mpp: null }), /does not say/);
});

test("why the slide's own tiles are not kept is said", () => {
  assert.match(ownTilesText(slide()), /^Yes/);
  const again = { kept_source: false, encoded_again: "it holds no tiles" };
  assert.match(ownTilesText(slide(again)), /: it holds no tiles\.$/);
  assert.match(ownTilesText(slide({ kept_source: false, mode: "luma" })), /luma/);
});

test("the quality of tables that are the slide's own is an estimate", () => {
  assert.equal(qualityText(slide()), "the slide's own, about 30");
  assert.equal(qualityText(slide({ kept_source: false, quality: 80, quality_estimate: 80 })), "80");
  assert.equal(qualityText({}), null);
});

test("tiles that are not byte for byte those of a plain pyramid are counted", () => {
  const levels = [
    { tiles: 10, coefficients: 2, verbatim: 0 },
    { tiles: 5, coefficients: 1, verbatim: 1 },
  ];
  assert.match(identityText({ metadata: { levels } }), /^11 tiles come back byte for byte, 3 with .*1 does not fit/);
  assert.equal(identityText({ metadata: { levels: [{ tiles: 3, coefficients: 0, verbatim: 0 }] } }), null);
  assert.equal(identityText({}), null);
});
