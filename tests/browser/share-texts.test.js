// Sharing without a page: the HTML to embed, names of files, captions.

import assert from "node:assert/strict";
import { test } from "node:test";
import { wrapped } from "../../crates/server/viewer/src/view/share/caption.js";
import { factTexts, isoDate, titleText } from "../../crates/server/viewer/src/view/share/caption-texts.js";
import { embedSnippet } from "../../crates/server/viewer/src/view/share/embed.js";
import { pictureName, safeTitle } from "../../crates/server/viewer/src/view/share/file-name.js";

test("a title with quotes and markup stays inside its attribute", () => {
  const snippet = embedSnippet("http://a/view/x#1,2,3&r=90", `"><script>alert('1')</script>&`);
  assert.equal(
    snippet,
    '<iframe src="http://a/view/x#1,2,3&amp;r=90" ' +
      'title="&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;" width="100%" height="600" loading="lazy" ' +
      'allow="fullscreen; clipboard-write"></iframe>',
  );
});

test("the name of a picture says what it shows and where", () => {
  const view = { x: 1110.4, y: 1299.6, zoom: 0.83333 };
  assert.equal(pictureName("CMU-1.svs", view), "CMU-1.svs_x1110_y1300_z0.833.png");
});

test("no title makes a name that a system forbids or that looks like another one", () => {
  for (const [title, expected] of [
    ["../../etc/passwd", "etc passwd"],
    ["a\\b:c*d?e\"f<g>h|i", "a b c d e f g h i"],
    ["evil\u202egpj.exe", "evil gpj.exe"],
    ["line\r\nbreak\0", "line break"],
    ["...", "slide"],
    ["", "slide"],
    ["слайд é 切片", "слайд é 切片"],
    ["x".repeat(5000), "x".repeat(80)],
  ]) {
    assert.equal(safeTitle(title), expected);
  }
  assert.equal([...safeTitle("😀".repeat(100))].length, 80);
});

const VIEW = { zoom: 0.5, scale: 2, degrees: 0, adjusted: false, date: new Date(2026, 2, 1, 23, 59) };
const SLIDE = {
  title: "HE.svs",
  mpp: [0.5, 0.5],
  magnification: { power: 20, derived: false },
};

test("a caption says how the slide was scanned and how large it is shown", () => {
  assert.deepEqual(factTexts(SLIDE, VIEW), [
    "scanned at 20×",
    "0.5 µm/px",
    "shown at 10×",
    "one pixel of this picture is 500 nm",
    "2026-03-01",
  ]);
});

test("a caption of a slide without a pixel size claims nothing", () => {
  const slide = { ...SLIDE, mpp: null, magnification: null };
  assert.deepEqual(factTexts(slide, { ...VIEW, adjusted: true }), ["shown at 50 %", "colours adjusted", "2026-03-01"]);
});

test("a magnification that was derived is not said to be exact", () => {
  const slide = { ...SLIDE, magnification: { power: 20, derived: true } };
  const [scanned, , shown] = factTexts(slide, VIEW);
  assert.deepEqual([scanned, shown], ["scanned at about 20×", "shown at about 10×"]);
});

test("the size of a pixel across the picture is that of the direction which lies across", () => {
  const slide = { ...SLIDE, mpp: [0.5, 1] };
  assert.ok(factTexts(slide, { ...VIEW, degrees: 90 }).includes("one pixel of this picture is 1 µm"));
});

test("a title of many lines is one line, and a comparison names both slides", () => {
  assert.equal(titleText({ title: "a\nb" }, null), "a b");
  assert.equal(titleText({ title: "a" }, "b"), "a · compared with b");
  assert.equal([...titleText({ title: "x".repeat(5000) }, null)].length, 200);
});

test("dates have two digits for month and day", () => {
  assert.equal(isoDate(new Date(2026, 0, 9)), "2026-01-09");
});

test("lines are filled as far as they go, and no piece is lost", () => {
  const measure = (text) => text.length;
  assert.deepEqual(wrapped(["one", "two", "three"], " · ", 9, measure), ["one · two", "three"]);
  assert.deepEqual(wrapped(["longer than the line", "b"], " ", 5, measure), ["longer than the line", "b"]);
  assert.deepEqual(wrapped([..."abcdef"], "", 4, measure), ["abcd", "ef"]);
  assert.deepEqual(wrapped([], " ", 4, measure), []);
});
