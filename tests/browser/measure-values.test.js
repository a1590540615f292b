// Measuring without a page: geometry, values as text, links and tables.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  cleanName,
  formatMeasurements,
  MAX_MEASUREMENTS,
  MAX_NAME,
  parseMeasurements,
} from "../../crates/server/viewer/src/view/measure/code.js";
import { formatCsv } from "../../crates/server/viewer/src/view/measure/csv.js";
import { textPlace } from "../../crates/server/viewer/src/view/measure/figure.js";
import {
  angleBetween,
  pathLength,
  perimeter,
  polygonArea,
} from "../../crates/server/viewer/src/view/measure/geometry.js";
import { fullText, valueText } from "../../crates/server/viewer/src/view/measure/kinds.js";

const PIXELS = [1, 1];

/** Points from pairs of numbers. */
function places(...pairs) {
  return pairs.map(([x, y]) => ({ x, y }));
}

function assertClose(actual, expected) {
  assert.ok(Math.abs(actual - expected) < 1e-9 * Math.max(1, Math.abs(expected)), `${actual} instead of ${expected}`);
}

test("a length is that of the whole path, in each direction's own pixel size", () => {
  assertClose(pathLength(places([0, 0], [3, 4], [3, 10]), PIXELS), 11);
  assertClose(pathLength(places([10, 10], [13, 10]), [0.25, 0.5]), 0.75);
  assertClose(pathLength(places([10, 10], [10, 13]), [0.25, 0.5]), 1.5);
  assertClose(pathLength(places([0, 0], [12, 8]), [0.25, 0.5]), 5);
});

test("an area does not depend on the direction, the first corner or the distance from the origin", () => {
  const corners = [
    [0, 0],
    [10, 0],
    [10, 5],
    [4, 5],
    [4, 9],
    [0, 9],
  ];
  for (let first = 0; first < corners.length; first += 1) {
    const turned = [...corners.slice(first), ...corners.slice(0, first)].map(([x, y]) => [x + 100_000, y + 200_000]);
    assertClose(polygonArea(places(...turned), PIXELS), 66);
    assertClose(polygonArea(places(...turned.reverse()), PIXELS), 66);
  }
  assertClose(polygonArea(places(...corners), [0.25, 0.5]), 66 * 0.125);
  assertClose(perimeter(places(...corners), PIXELS), 38);
  assertClose(perimeter(places([0, 0], [4, 0], [4, 4], [0, 4]), [0.25, 0.5]), 6);
});

test("an angle is right in pixels that are not square", () => {
  assertClose(angleBetween(places([10, 0], [0, 0], [0, 7]), PIXELS), 90);
  assertClose(angleBetween(places([10, 0], [0, 0], [-10, 0]), PIXELS), 180);
  assertClose(angleBetween(places([10, 0], [0, 0], [5, 5]), PIXELS), 45);
  assertClose(angleBetween(places([5, -5], [0, 0], [10, 0]), PIXELS), 45);
  assertClose(angleBetween(places([10, 0], [0, 0], [4, 2]), [0.25, 0.5]), 45);
});

test("too few points, or points that coincide, have no length, no area and no angle", () => {
  for (const points of [[], places([5, 5]), places([5, 5], [5, 5], [5, 5])]) {
    assert.equal(pathLength(points, PIXELS), 0);
    assert.equal(perimeter(points, PIXELS), 0);
    assert.equal(polygonArea(points, PIXELS), 0);
  }
  assert.equal(polygonArea(places([0, 0], [5, 5]), PIXELS), 0);
  assert.equal(angleBetween(places([5, 5], [5, 5], [9, 9]), PIXELS), null);
  assert.equal(angleBetween(places([9, 9], [5, 5], [5, 5]), PIXELS), null);
  assert.equal(valueText({ kind: "angle", points: places([5, 5], [5, 5], [9, 9]) }, null), "no angle");
});

test("values have the unit of the slide, or pixels if it has none", () => {
  const path = { kind: "distance", points: places([0, 0], [300, 400]) };
  assert.equal(valueText(path, [0.5, 0.5]), "250 µm");
  assert.equal(valueText(path, [5, 5]), "2.5 mm");
  assert.equal(valueText(path, null), "500 px");
  const square = { kind: "area", points: places([0, 0], [200, 0], [200, 200], [0, 200]) };
  assert.equal(fullText(square, [0.5, 0.5]), "10,000 µm², perimeter 400 µm");
  assert.equal(fullText(square, null), "40,000 px², perimeter 800 px");
  const corner = { kind: "angle", points: places([10, 0], [0, 0], [5, 5]) };
  assert.equal(fullText(corner, null), "45°");
});

test("measurements read back from a link as they were written", () => {
  const measurements = [
    { kind: "distance", points: places([12.5, 30.1], [44, 80.2]), name: "" },
    { kind: "area", points: places([0, 0], [-5, 7], [9, 9]), name: "edge; 50 % ~ of_it & more" },
    { kind: "angle", points: places([1, 2], [3, 4], [5, 7]), name: "Größe 测量" },
  ];
  const text = formatMeasurements(measurements);
  assert.ok(text.startsWith("d12.5_30.1_44_80.2;a0_0_-5_7_9_9~"), text);
  assert.deepEqual(parseMeasurements(text), measurements);
  assert.equal(formatMeasurements([]), null);
});

test("nonsense in a link is no measurement, and does not spoil its neighbours", () => {
  const nonsense = ["", "d", "d1_2", "d1_2_3", "x1_2_3_4", "d1_2_3_NaN", "d1_2_3_1e9", "a1_2_3_4", "n1_2_3_4_5_6_7_8"];
  nonsense.push("d1_2_3_99999999", "d1__3_4", "d 1_2_3_4", "constructor", "d1_2_3_4\n", `d${"1_".repeat(201)}1`);
  for (const text of nonsense) assert.deepEqual(parseMeasurements(text), [], JSON.stringify(text));
  assert.deepEqual(parseMeasurements(null), []);
  assert.equal(parseMeasurements(["d1_2_3_4", ...nonsense, "d5_6_7_8"].join(";")).length, 2);
  assert.equal(parseMeasurements(Array(150).fill("d1_2_3_4").join(";")).length, MAX_MEASUREMENTS);
  assert.equal(parseMeasurements("d1_2_3_4~%E0%A4%A")[0].name, "");
  assert.equal(parseMeasurements("d1_2_3_4~a%0Ab%00c")[0].name, "a b c");
  assert.equal(cleanName("x".repeat(500)).length, MAX_NAME);
});

test("a name cut in the middle of a character can still be written into a link", () => {
  const name = cleanName(`${"x".repeat(MAX_NAME - 1)}😀`);
  assert.doesNotThrow(() => formatMeasurements([{ kind: "distance", points: places([1, 2], [3, 4]), name }]));
});

test("the table has a line for each measurement, with its points in both units", () => {
  const measurements = [
    { kind: "distance", points: places([0, 0], [30, 40]), name: 'a "long", edge' },
    { kind: "area", points: places([0, 0], [20, 0], [20, 10]), name: "" },
  ];
  const [head, first, second, end] = formatCsv(measurements, [0.5, 0.5]).split("\r\n");
  assert.equal(head, "number,name,kind,value,unit,perimeter,perimeter unit,points (px),points (µm)");
  assert.equal(first, '1,"a ""long"", edge",distance,25,µm,,, 0 0; 30 40, 0 0; 15 20');
  assert.equal(second, "2,,area,25,µm²,26.1803,µm, 0 0; 20 0; 20 10, 0 0; 10 0; 10 5");
  assert.equal(end, "");
  assert.ok(formatCsv(measurements, null).includes("1,\"a \"\"long\"\", edge\",distance,50,px,,, 0 0; 30 40,\r\n"));
});

test("a name from a link does not become a formula in a spreadsheet", () => {
  for (const name of ['=HYPERLINK("x")', "+1", "-1", "@sum"]) {
    const table = formatCsv([{ kind: "distance", points: places([0, 0], [1, 1]), name }], null);
    assert.match(table.split("\r\n")[1], /^1,"?'/, name);
  }
});

test("the value of an angle is outside its corner, and that of an area in its middle", () => {
  for (const [from, to, anchor, isBeside] of [
    [[60, 60], [140, 60], "middle", ({ y }) => y > 110],
    [[60, 140], [140, 140], "middle", ({ y }) => y < 95],
    [[60, 60], [60, 140], "start", ({ x }) => x > 105],
    [[140, 60], [140, 140], "end", ({ x }) => x < 95],
    // Straight lines, and one that is there twice.
    [[60, 100], [140, 100], "middle", ({ y }) => y < 95],
    [[140, 100], [60, 100], "middle", ({ y }) => y < 95],
    [[100, 60], [100, 140], "end", ({ x }) => x < 95],
    [[140, 100], [140, 100], "end", ({ x }) => x < 95],
  ]) {
    const place = textPlace({ kind: "angle" }, places(from, [100, 100], to));
    assert.equal(place.anchor, anchor, `${from} to ${to}`);
    assert.ok(isBeside(place.textAt), `${from} to ${to}: ${JSON.stringify(place.textAt)}`);
  }
  const { textAt } = textPlace({ kind: "angle" }, places([5, 5], [5, 5], [5, 5]));
  assert.ok(Number.isFinite(textAt.x) && Number.isFinite(textAt.y), "an angle of one place");
  const area = textPlace({ kind: "area" }, places([0, 0], [200, 0], [200, 100], [0, 100]));
  assert.deepEqual([area.anchor, area.textAt.x], ["middle", 100]);
});
