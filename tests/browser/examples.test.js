// The files in examples/ that are no pages: a program and a proxy. protocols.test.js opens the pages.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { PNG } from "pngjs";
import { EXAMPLES } from "./harness/example-pages.js";
import { REFERENCE, referenceColour } from "./harness/reference.js";
import { Site } from "./harness/site.js";

/** A name with letters that URLs have to escape. */
const ID = "Präparat";

let site;

before(async () => {
  site = await Site.create();
  await site.packReference(ID, "--quality", "95");
  await site.serve();
});

after(() => site?.close());

test("the Python example writes a region with the slide's pixels", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "origami-examples-"));
  const file = path.join(folder, "region.png");
  const [left, top] = [REFERENCE.width - 300, REFERENCE.height - 200];
  const numbers = [left, top, 310, 210].map(String);
  await promisify(execFile)("python3", [path.join(EXAMPLES, "region.py"), site.url, ID, ...numbers, file]);
  const picture = PNG.sync.read(await readFile(file));
  assert.deepEqual([picture.width, picture.height], [310, 210]);
  let worst = 0;
  for (let y = 0; y < 200; y += 1) {
    for (let x = 0; x < 300; x += 1) {
      referenceColour(left + x + 0.5, top + y + 0.5).forEach((value, channel) => {
        worst = Math.max(worst, Math.abs(value - picture.data[4 * (y * 310 + x) + channel]));
      });
    }
  }
  assert.ok(worst < 20, `${worst}`);
  await rm(folder, { recursive: true });
});

test("nginx with the example's configuration caches tiles with a version and hides the metrics", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "origami-nginx-"));
  // If root starts nginx, its workers are somebody else.
  await chmod(folder, 0o755);
  const port = 20_000 + (process.pid % 20_000);
  const text = await readFile(path.join(EXAMPLES, "nginx.conf"), "utf8");
  const configured = text.replace("127.0.0.1:8080", new URL(site.url).host).replace("listen 8000", `listen 127.0.0.1:${port}`);
  await writeFile(path.join(folder, "nginx.conf"), configured);
  const PATH = `${process.env.PATH}:/usr/sbin`;
  const nginx = spawn("nginx", ["-p", folder, "-c", path.join(folder, "nginx.conf")], { env: { ...process.env, PATH } });
  let log = "";
  nginx.stderr.on("data", (chunk) => (log += chunk));
  const ended = new Promise((done) => nginx.once("close", done));
  try {
    const proxy = `http://127.0.0.1:${port}`;
    const slide = await eventually(async () => (await fetch(`${proxy}/slides/${encodeURIComponent(ID)}`)).json());
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
  } catch (error) {
    throw new Error(`${error.message}\n${log}`, { cause: error });
  } finally {
    nginx.kill("SIGTERM");
    await ended;
    await rm(folder, { recursive: true });
  }
});

/** The result of `action` as soon as it succeeds. */
async function eventually(action) {
  const end = Date.now() + 20_000;
  for (;;) {
    try {
      return await action();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((done) => setTimeout(done, 50));
    }
  }
}
