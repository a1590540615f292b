// The files in examples/ that are no pages: a program and a proxy. protocols.test.js opens the pages.

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
import { behindNginx } from "./harness/nginx.js";
import { findPython } from "./harness/python.js";
import { REFERENCE, referenceColour } from "./harness/reference.js";
import { Site } from "./harness/site.js";
import { VIEWERS } from "./harness/viewers.js";

/** A name with letters that URLs have to escape. */
const ID = "Präparat";
const SLIDE = encodeURIComponent(ID);
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

test("nginx with the example's configuration caches tiles with a version and hides the metrics", async () => {
  await behindNginx(site, async (proxy) => {
    const slide = await (await fetch(`${proxy}/slides/${SLIDE}`)).json();
    const tile = proxy + slide.tiles.replace("{z}", 12).replace("{x}", 3).replace("{y}", 2);
    const states = [];
    for (let request = 0; request < 2; request += 1) {
      const answer = await fetch(tile);
      assert.equal(answer.status, 200);
      await answer.arrayBuffer();
      states.push(answer.headers.get("x-cache"));
    }
    assert.deepEqual(states, ["MISS", "HIT"]);
    assert.equal((await fetch(tile.replace(/v=.*/, "v=0000000000000000"))).status, 410);
    assert.equal((await fetch(`${proxy}/metrics`)).status, 403);
  });
});

const FORGED = [
  { "X-Forwarded-Host": "forged.example" },
  { "X-Forwarded-Proto": "https" },
  { Forwarded: "host=forged.example;proto=https" },
];
const IMAGE = `/iiif/3/${SLIDE}/0,0,256,256/256,256/0/default.jpg`;
/** What names the server: documents, and an image, which does so in a header. */
const NAMING = [
  `/iiif/3/${SLIDE}/info.json`,
  `/iiif/2/${SLIDE}/info.json`,
  `/iiif/presentation/3/${SLIDE}/manifest`,
  "/iiif/presentation/3/collection",
  `/xyz/${SLIDE}/tilejson.json`,
  `/dzi/${SLIDE}.json`,
  IMAGE,
];

/** The parts of an answer that may name the server. */
async function named(url, headers = {}) {
  const answer = await fetch(url, { headers });
  assert.equal(answer.status, 200, url);
  const body = await answer.text();
  const isJson = /json/.test(answer.headers.get("content-type"));
  return { link: answer.headers.get("link"), body: isJson ? body : "" };
}

/** What the proxy has to say where the server says `named`. */
function throughProxy({ link, body }, proxy) {
  return { link: link?.replaceAll(site.url, proxy) ?? null, body: body.replaceAll(site.url, proxy) };
}

test("behind the example's nginx no client can put an address of its own into documents and links", async () => {
  await behindNginx(site, async (proxy) => {
    for (const target of NAMING) {
      const honest = await named(site.url + target);
      const expected = throughProxy(honest, proxy);
      assert.notDeepEqual(expected, honest, `${target} names the server`);
      for (const forged of FORGED) {
        const what = `${target} with ${JSON.stringify(forged)}`;
        assert.notDeepEqual(await named(site.url + target, forged), honest, `the server itself believes ${what}`);
        assert.deepEqual(await named(proxy + target, forged), expected, what);
      }
    }
  });
});

test("the cache of the example's nginx has no address in it that a client made up", async () => {
  await behindNginx(site, async (proxy) => {
    const { generation } = await (await fetch(`${site.url}/slides/${SLIDE}`)).json();
    const image = `${IMAGE}?v=${generation}`;
    const expected = throughProxy(await named(site.url + image), proxy);
    assert.match(expected.link, /^<http:\/\/127\.0\.0\.1/);
    // The first request fills the cache.
    await named(proxy + image, Object.assign({}, ...FORGED));
    const cached = await fetch(proxy + image);
    assert.equal(cached.headers.get("x-cache"), "HIT");
    assert.equal(cached.headers.get("link"), expected.link);
  });
});

test("the table of examples has every page, program and configuration, and each page is opened by a test", async () => {
  const readme = await readFile(path.join(EXAMPLES, "README.md"), "utf8");
  const examples = (await readdir(EXAMPLES)).filter((name) => /\.(html|py|conf)$/.test(name));
  assert.ok(examples.includes("region.py"), `${examples}`);
  assert.deepEqual(examples.filter((name) => !readme.includes(`](${name})`)), []);
  const opened = new Set(VIEWERS.map(({ page }) => page));
  assert.deepEqual(examples.filter((name) => name.endsWith(".html") && !opened.has(name)), []);
});
