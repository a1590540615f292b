// nginx as `examples/nginx.conf` sets it up, in front of a site.

import { spawn } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { EXAMPLES } from "./example-pages.js";

/** In milliseconds. */
const START_TIMEOUT = 20_000;

/** The example's configuration for a server at `site.url`, listening on `port`. */
async function configuration(site, port) {
  const text = await readFile(path.join(EXAMPLES, "nginx.conf"), "utf8");
  return text.replace("127.0.0.1:8080", new URL(site.url).host).replace("listen 8000", `listen 127.0.0.1:${port}`);
}

/** Waits until the server answers. */
async function answers(url) {
  const end = Date.now() + START_TIMEOUT;
  for (;;) {
    try {
      return await fetch(`${url}/healthz`);
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((done) => setTimeout(done, 50));
    }
  }
}

/** Runs `check(url)` with the address of an nginx in front of `site`, whose log becomes part of an error. */
export async function behindNginx(site, check) {
  const folder = await mkdtemp(path.join(tmpdir(), "origami-nginx-"));
  // If root starts nginx, its workers are somebody else.
  await chmod(folder, 0o755);
  const port = 20_000 + (process.pid % 20_000);
  const file = path.join(folder, "nginx.conf");
  await writeFile(file, await configuration(site, port));
  const PATH = `${process.env.PATH}:/usr/sbin`;
  const nginx = spawn("nginx", ["-p", folder, "-c", file], { env: { ...process.env, PATH } });
  let log = "";
  nginx.stderr.on("data", (chunk) => (log += chunk));
  const ended = new Promise((done) => nginx.once("close", done));
  try {
    const url = `http://127.0.0.1:${port}`;
    await answers(url);
    await check(url);
  } catch (error) {
    throw new Error(`${error.message}\n${log}`, { cause: error });
  } finally {
    nginx.kill("SIGTERM");
    await ended;
    await rm(folder, { recursive: true });
  }
}
