// nginx as `examples/nginx.conf` sets it up, in front of a site.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { EXAMPLES } from "./example-pages.js";

/** In milliseconds. */
const START_TIMEOUT = 20_000;

/** A port that nothing listens on. */
async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** The example's configuration for a server at `site.url`, listening on `port`. */
async function configuration(site, port) {
  const text = await readFile(path.join(EXAMPLES, "nginx.conf"), "utf8");
  return text.replace("127.0.0.1:8080", new URL(site.url).host).replace("listen 8000", `listen 127.0.0.1:${port}`);
}

/** Waits until the server at `url` answers. Fails with the reason of `ended` once that is aborted. */
async function answers(url, ended) {
  const end = Date.now() + START_TIMEOUT;
  for (;;) {
    try {
      return await fetch(`${url}/healthz`, { signal: ended });
    } catch (error) {
      ended.throwIfAborted();
      if (Date.now() > end) throw error;
      await sleep(50);
    }
  }
}

/** Runs `check(url)` with the address of an nginx in front of `site`, whose log becomes part of an error. */
export async function behindNginx(site, check) {
  const folder = await mkdtemp(path.join(tmpdir(), "origami-nginx-"));
  // If root starts nginx, its workers are somebody else.
  await chmod(folder, 0o755);
  const port = await freePort();
  const file = path.join(folder, "nginx.conf");
  await writeFile(file, await configuration(site, port));
  const PATH = `${process.env.PATH}:/usr/sbin`;
  const nginx = spawn("nginx", ["-p", folder, "-c", file], { env: { ...process.env, PATH } });
  let log = "";
  nginx.stderr.on("data", (chunk) => (log += chunk));
  const ended = new AbortController();
  nginx.once("error", ({ message }) =>
    ended.abort(new Error(`nginx does not start (scripts/setup test installs it): ${message}`)),
  );
  nginx.once("close", (status) => ended.abort(new Error(`nginx has ended with status ${status}`)));
  const { signal } = ended;
  try {
    const url = `http://127.0.0.1:${port}`;
    await answers(url, signal);
    await check(url);
  } catch (error) {
    const { message } = signal.aborted ? signal.reason : error;
    throw new Error(`${message}\n${log}`, { cause: error });
  } finally {
    nginx.kill("SIGTERM");
    if (!signal.aborted) await once(signal, "abort");
    await rm(folder, { recursive: true });
  }
}
