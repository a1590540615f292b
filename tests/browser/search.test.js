// The gallery's pure functions: search, orders, folders, addresses, and where items lie.

import assert from "node:assert/strict";
import { test } from "node:test";
import { entriesBelow, foldersIn, pathTo } from "../../crates/server/viewer/src/gallery/folders.js";
import { Geometry } from "../../crates/server/viewer/src/gallery/geometry.js";
import { placeSearch, readPlace } from "../../crates/server/viewer/src/gallery/place.js";
import { Query, searchText } from "../../crates/server/viewer/src/gallery/search.js";
import { ORDERS, sorted } from "../../crates/server/viewer/src/gallery/sorting.js";
import { brokenEntry, manyEntries, slideEntry } from "./harness/entries.js";

function finds(query, entry) {
  return new Query(query).matches(entry);
}

test("a slide is found by every fact of it, in any order of words and any case", () => {
  const entry = slideEntry("HE-1", { title: "Liver biopsy.svs", folder: "case-7/block B", format: "Aperio SVS" });
  for (const query of ["liver", "BIOPSY liver", "he-1", "block", "case-7 liver", "aperio", "exact", "40x", "40×", "40X"]) {
    assert.ok(finds(query, entry), query);
  }
  for (const query of ["46000 x 32914", "46,000", "46000x32914", "0.25", "11.5", "100 mb", "  liver  "]) {
    assert.ok(finds(query, entry), query);
  }
  for (const query of ["kidney", "liver kidney", "20x", "broken", "about"]) assert.ok(!finds(query, entry), query);
});

test("accents and case do not matter, in any script", () => {
  for (const [title, query] of [
    ["Zürich Leber", "zurich"],
    ["Zurich", "zürich"],
    ["Łódź", "lodz"],
    ["Straße", "STRASSE"],
    ["ΣΊΣΥΦΟΣ", "σισυφος"],
    ["İstanbul ışık", "istanbul isik"],
    ["Слайд Ёлка", "елка слайд"],
    ["肝臓のスライド", "スライド"],
    ["한국어", "한국"],
    ["Ｗｉｄｅ", "wide"],
  ]) {
    assert.ok(finds(query, slideEntry("x", { title })), `${query} in ${title}`);
  }
  // Vowel signs are letters of their own kind: these are two words.
  assert.ok(!finds("की", slideEntry("x", { title: "का" })));
});

test("a magnification is not found inside of a size, and a derived one is about", () => {
  assert.ok(!finds("20x", slideEntry("x", { width: 46_020, height: 32_914 })));
  const derived = slideEntry("x", { magnification: { power: 20, derived: true } });
  assert.ok(finds("about 20x", derived) && finds("20×", derived));
  assert.ok(!finds("about 20x", slideEntry("x", { magnification: { power: 20, derived: false } })));
});

test("broken packs are found by that word and by their reason", () => {
  const entry = brokenEntry("x", "This pack cannot be opened: the file is cut short");
  assert.ok(finds("broken", entry) && finds("cut short", entry));
});

test("a key folds its own words only, however many slides there are", (t) => {
  const entries = manyEntries(10_000);
  entries.forEach(searchText);
  const folded = t.mock.method(String.prototype, "normalize");
  for (const query of ["s", "slide 40x", "nothing at all"]) {
    folded.mock.resetCalls();
    const asked = new Query(query);
    entries.filter((entry) => asked.matches(entry));
    assert.deepEqual(folded.mock.calls.map((call) => String(call.this)), [query]);
  }
});

test("orders sort as they say, and keep the server's order among equals", () => {
  const entries = [
    slideEntry("a", { modified: 2, bytes: 5, width: 10, height: 10 }),
    slideEntry("b", { modified: 3, bytes: 5, width: 30, height: 30 }),
    brokenEntry("c", "no", { modified: 1, bytes: 9 }),
    slideEntry("d", { modified: 3, bytes: 7, width: 20, height: 20 }),
  ];
  const expected = { name: "abcd", newest: "bdac", bytes: "cdab", pixels: "bdac", broken: "cabd" };
  assert.deepEqual(ORDERS, Object.keys(expected));
  for (const order of ORDERS) {
    assert.equal(sorted(entries, order).map(({ id }) => id).join(""), expected[order], order);
  }
  assert.equal(entries.map(({ id }) => id).join(""), "abcd");
});

test("folders have what is in and below them, and a slide to show", () => {
  const entries = [
    slideEntry("top"),
    brokenEntry("a~bad", "no", { folder: "a" }),
    slideEntry("a~one", { folder: "a" }),
    slideEntry("a~b~two", { folder: "a/b" }),
    slideEntry("ab~three", { folder: "ab" }),
  ];
  const [a, ab, ...others] = foldersIn(entries, "");
  assert.deepEqual([a.path, a.slides, a.broken, a.picture.id], ["a", 2, 1, "a~one"]);
  assert.deepEqual([ab.path, ab.slides, ab.broken], ["ab", 1, 0]);
  assert.deepEqual(others, []);
  assert.deepEqual(foldersIn(entries, "a").map(({ path, name }) => [path, name]), [["a/b", "b"]]);
  assert.deepEqual(entriesBelow(entries, "a").map(({ id }) => id), ["a~bad", "a~one", "a~b~two"]);
  assert.deepEqual(pathTo("a/b"), [{ path: "a", name: "a" }, { path: "a/b", name: "b" }]);
});

test("a place comes back from its address, and nonsense is ignored", () => {
  const place = { query: "zürich & 40x", sort: "newest", view: "list", folder: "a/b ü", onlyBroken: true };
  assert.deepEqual(readPlace(placeSearch(place)), place);
  const first = { query: "", sort: "name", view: "cards", folder: "", onlyBroken: false };
  assert.deepEqual(readPlace(""), first);
  assert.equal(placeSearch(first), "");
  assert.deepEqual(readPlace("?sort=__proto__&view=%00&folder=//&only=1&&&=%E0%A4"), first);
  assert.deepEqual(readPlace("", { sort: "nonsense", view: null }), first);
});

test("what is preferred holds where the address says nothing, and is then named in addresses", () => {
  const preferred = { sort: "bytes", view: "list" };
  const place = readPlace("?view=cards", preferred);
  assert.deepEqual([place.sort, place.view], ["bytes", "cards"]);
  assert.equal(placeSearch(place, preferred), "?sort=bytes&view=cards");
});

test("items lie in rows, and the range in view has all that can be seen", () => {
  const geometry = new Geometry(3, 100, 20);
  assert.deepEqual([geometry.row(7), geometry.column(7), geometry.top(7)], [2, 1, 200]);
  assert.equal(geometry.height(7), 280);
  assert.equal(geometry.height(0), 0);
  assert.deepEqual(geometry.range(150, 250, 10), [3, 9]);
  assert.deepEqual(geometry.range(-500, -100, 10), [0, 0]);
  assert.deepEqual(geometry.range(350, 9000, 10), [9, 10]);
  assert.equal(geometry.itemAt(210, 10), 6);
  assert.equal(geometry.itemAt(9000, 10), 9);
  assert.equal(geometry.itemAt(-5, 10), 0);
});
