// A folder of packs, made and served by the real binary.

import { spawn, execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { writeReference } from "./reference.js";
import { WORKSPACE } from "./slides.js";

const binary = path.resolve(process.env.ORIGAMI_BIN ?? path.join(WORKSPACE, "target/release/origami"));
/** In milliseconds. */
const START_TIMEOUT = 20_000;
const STOP_TIMEOUT = 10_000;

/** Waits until the server logs its address. */
function waitForAddress(server) {
  return new Promise((resolve, reject) => {
    let log = "";
    const timer = setTimeout(() => reject(new Error(`no address after ${START_TIMEOUT} ms:\n${log}`)), START_TIMEOUT);
    function read(chunk) {
      log += chunk;
      // The log may be coloured.
      const plain = log.replace(/\u001b\[[0-9;]*m/g, "");
      const match = plain.match(/listening on (http:\/\/[\w.:[\]]+)/);
      if (!match) return;
      clearTimeout(timer);
      resolve(match[1]);
    }
    server.stdout.setEncoding("utf8").on("data", read);
    server.stderr.setEncoding("utf8").on("data", read);
    server.once("exit", (code) => {
      clearTimeout(timer);
      reject(new Error(`the server ended with status ${code}:\n${log}`));
    });
    server.once("error", reject);
  });
}

/** A temporary folder of packs, and a server for it on a free port. */
export class Site {
  /** Makes an empty folder, which is not served yet. */
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

  /** The path of the pack of the slide `id`. */
  packPath(id) {
    return path.join(this.packs, `${id}.origami`);
  }

  /** Packs the slide file `source` as `id` with `origami pack`. */
  async pack(source, id, ...options) {
    await promisify(execFile)(binary, ["pack", source, "-o", this.packs, "--id", id, "--keep-name", ...options]);
  }

  /** Packs the reference slide as `id`. */
  async packReference(id, ...options) {
    const file = path.join(this.folder, "reference.png");
    if (!existsSync(file)) await writeReference(file);
    await this.pack(file, id, ...options);
  }

  /** Starts the server. `url` is its address from then on. */
  async serve() {
    this.server = spawn(binary, ["serve", this.packs, "--listen", "127.0.0.1:0"], {
      cwd: this.folder,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.url = await waitForAddress(this.server);
  }

  /** Stops the server and removes the folder. Fails if the server ignores SIGTERM. */
  async close() {
    try {
      if (this.server && this.server.exitCode === null) {
        const ended = new Promise((resolve) => this.server.once("exit", resolve));
        this.server.kill("SIGTERM");
        const timer = setTimeout(() => this.server.kill("SIGKILL"), STOP_TIMEOUT);
        await ended;
        clearTimeout(timer);
        if (this.server.signalCode === "SIGKILL") throw new Error("the server did not stop after SIGTERM");
      }
    } finally {
      await rm(this.folder, { recursive: true, force: true });
    }
  }
}
