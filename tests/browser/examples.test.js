// The file in examples/ that is no page, but a program. protocols.test.js opens the pages.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { PNG } from "pngjs";
import { EXAMPLES } from "./harness/example-pages.js";
import { findPython } from "./harness/python.js";
import { REFERENCE, referenceColour } from "./harness/reference.js";
import { Site } from "./harness/site.js";
import { VIEWERS } from "./harness/viewers.js";

/** A name with letters that URLs have to escape. */
const ID = "Präparat";
/** The bottom right corner, in slide pixels: with cropped tiles, and of even sides. */
const CORNER = { x: REFERENCE.width - 300, y: REFERENCE.height - 200, width: 300, height: 200 };
/** Values of a channel. JPEG differs from the slide by less; a place that is wrong by some pixels differs by more. */
const TOLERANCE = 20;

let site;

before(async () => {
  site = await Site.create();
  await site.packReference(ID, "--quality", "95");
  await site.serve();
});

after(() => site?.close());

/** The picture that region.py writes with these parameters. */
function region(...parameters) {
  return regionFrom(site.url, ...parameters);
}

/** The picture that region.py writes of what the server at `url` answers. */
async function regionFrom(url, ...parameters) {
  const folder = await mkdtemp(path.join(tmpdir(), "origami-examples-"));
  const file = path.join(folder, "region.png");
  try {
    const program = path.join(EXAMPLES, "region.py");
    await promisify(execFile)(findPython(), [program, url, ID, ...parameters, file]);
    return PNG.sync.read(await readFile(file));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The largest difference of `picture` from the corner of the slide, of which each of its pixels covers `step` pixels. */
function worstInCorner(picture, step) {
  let worst = 0;
  for (let y = 0; y < picture.height; y += 1) {
    for (let x = 0; x < picture.width; x += 1) {
      referenceColour(CORNER.x + (x + 0.5) * step, CORNER.y + (y + 0.5) * step).forEach((value, channel) => {
        worst = Math.max(worst, Math.abs(value - picture.data[4 * (y * picture.width + x) + channel]));
      });
    }
  }
  return worst;
}

for (const step of [1, 2]) {
  test(`the Python example writes a region with the slide's pixels, ${step} of them to each of its own`, async () => {
    const { x, y, width, height } = CORNER;
    const picture = await region(`x=${x}`, `y=${y}`, `w=${width}`, `h=${height}`, `width=${width / step}`);
    assert.deepEqual([picture.width, picture.height], [width / step, height / step]);
    const worst = worstInCorner(picture, step);
    assert.ok(worst < TOLERANCE, `${worst}`);
  });
}

test("the Python example says in the server's words why there is no such region", async () => {
  await assert.rejects(region("w=100000"), /RuntimeError: .*\/region\?w=100000.*reaches past the slide/);
});

test("the Python example waits until the date that a proxy names, and says the status of what is no JSON", async () => {
  const answers = [
    [503, { "Retry-After": new Date(Date.now() + 1000).toUTCString() }],
    [502, { "Content-Type": "text/html" }],
  ];
  const proxy = createServer((_, response) => response.writeHead(...answers.shift()).end("<h1>Sorry</h1>"));
  await once(proxy.listen(0, "127.0.0.1"), "listening");
  try {
    const asked = regionFrom(`http://127.0.0.1:${proxy.address().port}`, "w=10");
    await assert.rejects(asked, /RuntimeError: .*\/region\?w=10.*: 502 Bad Gateway/);
    assert.deepEqual(answers, []);
  } finally {
    proxy.close();
  }
});

test("the table of examples has every page and program, and each page is opened by a test", async () => {
  const readme = await readFile(path.join(EXAMPLES, "README.md"), "utf8");
  const examples = (await readdir(EXAMPLES)).filter((name) => /\.(html|py)$/.test(name));
  assert.ok(examples.includes("region.py"), `${examples}`);
  assert.deepEqual(examples.filter((name) => !readme.includes(`](${name})`)), []);
  const opened = new Set(VIEWERS.map(({ page }) => page));
  assert.deepEqual(examples.filter((name) => name.endsWith(".html") && !opened.has(name)), []);
});
