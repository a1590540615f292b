// The real slide that tests use, from the shared set of slides.

import { existsSync } from "node:fs";
import { test } from "node:test";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const WORKSPACE = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");

/** A file of the shared set, or null where it is missing. On CI that is an error. */
export function sharedSlide(name) {
  const folder = process.env.ORIGAMI_SLIDES ?? path.resolve(WORKSPACE, "../shared/slides");
  const file = path.join(folder, name);
  if (existsSync(file)) return file;
  if (process.env.CI) throw new Error(`${file} is missing; set ORIGAMI_SLIDES`);
  return null;
}

/** A real slide with stained tissue. `file` is null where it is missing. `mpp` is micrometres per pixel. */
export const CMU = {
  id: "CMU-1-Small-Region",
  file: sharedSlide("CMU-1-Small-Region.svs"),
  width: 2220,
  height: 2967,
  mpp: 0.499,
};

/** A test that needs the real slide. Where the slide is missing the test is skipped, with a message. */
export function slideTest(name, run) {
  test(name, async (t) => {
    if (CMU.file) {
      await run(t);
    } else {
      console.log("SKIP the test slides are not there; set ORIGAMI_SLIDES");
      t.skip();
    }
  });
}
