import { spawn, execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const here = path.dirname(fileURLToPath(import.meta.url));
const workspace = path.resolve(here, "../../..");
const binary = path.resolve(process.env.ORIGAMI_BIN ?? path.join(workspace, "target/release/origami"));
const START_LIMIT = 20_000;
const STOP_LIMIT = 10_000;

/** A file of the shared slide set, or null where the set is not there. On CI that is an error. */
export function slideFile(name) {
  const folder = process.env.ORIGAMI_SLIDES ?? path.resolve(workspace, "../shared/slides");
  const file = path.join(folder, name);
  if (existsSync(file)) return file;
  if (process.env.CI) throw new Error(`${file} is missing; set ORIGAMI_SLIDES`);
  return null;
}

/** Skips a test that needs the shared slides, so that nobody misses it. */
export function skipWithoutSlides(t) {
  console.log("SKIP the test slides are not there; set ORIGAMI_SLIDES");
  t.skip();
}

function waitForAddress(server) {
  return new Promise((resolve, reject) => {
    let log = "";
    const limit = setTimeout(() => reject(new Error(`no address after ${START_LIMIT} ms:\n${log}`)), START_LIMIT);
    const read = (chunk) => {
      log += chunk;
      // The log may be coloured.
      const plain = log.replace(/\u001b\[[0-9;]*m/g, "");
      const found = plain.match(/listening on (http:\/\/[\w.:[\]]+)/);
      if (!found) return;
      clearTimeout(limit);
      resolve(found[1]);
    };
    server.stdout.setEncoding("utf8").on("data", read);
    server.stderr.setEncoding("utf8").on("data", read);
    server.once("exit", (code) => {
      clearTimeout(limit);
      reject(new Error(`the server ended with status ${code}:\n${log}`));
    });
    server.once("error", reject);
  });
}

/** A folder of packs and the real binary serving it on a free port. */
export class Site {
  /** An empty folder, not served yet. */
  static async create() {
    if (!existsSync(binary)) throw new Error(`${binary} is missing: build it, or set ORIGAMI_BIN`);
    const site = new Site(await mkdtemp(path.join(tmpdir(), "origami-browser-")));
    await mkdir(site.packs);
    return site;
  }

  constructor(folder) {
    this.folder = folder;
    this.packs = path.join(folder, "packs");
  }

  /** Packs `source` as `id` with the real command line; answers the pack's path. */
  async pack(source, id, ...options) {
    await promisify(execFile)(binary, ["pack", source, "-o", this.packs, "--id", id, ...options]);
    return path.join(this.packs, `${id}.origami`);
  }

  async serve() {
    this.server = spawn(binary, ["serve", this.packs, "--listen", "127.0.0.1:0"], {
      cwd: this.folder,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.url = await waitForAddress(this.server);
  }

  /** Stops the server, which must obey SIGTERM, and removes the folder. */
  async close() {
    try {
      if (this.server && this.server.exitCode === null) {
        const ended = new Promise((resolve) => this.server.once("exit", resolve));
        this.server.kill("SIGTERM");
        const limit = setTimeout(() => this.server.kill("SIGKILL"), STOP_LIMIT);
        await ended;
        clearTimeout(limit);
        if (this.server.signalCode === "SIGKILL") throw new Error("the server did not stop after SIGTERM");
      }
    } finally {
      await rm(this.folder, { recursive: true, force: true });
    }
  }
}
