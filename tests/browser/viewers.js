// Takes a screenshot of every viewer with a real slide, of those with a dark theme in both: `npm run viewers`, with
// ORIGAMI_BIN and ORIGAMI_SLIDES as for the tests. They are in target/screenshots/viewers.

import { mkdir } from "node:fs/promises";
import path from "node:path";
import { launch } from "./harness/browser.js";
import { ExamplePages } from "./harness/example-pages.js";
import { Site } from "./harness/site.js";
import { CMU, WORKSPACE } from "./harness/slides.js";
import { VIEWERS } from "./harness/viewers.js";

const FOLDER = path.join(WORKSPACE, "target/screenshots/viewers");

/** The id of the slide, packed for a viewer that may need tiles of a size of its own. */
function slideId({ tileSize }) {
  return tileSize ? `${CMU.id}-${tileSize}` : CMU.id;
}

if (!CMU.file) throw new Error("the test slides are not there; set ORIGAMI_SLIDES");
const site = await Site.create();
const browser = await launch();
const pages = await ExamplePages.serve();
try {
  await mkdir(FOLDER, { recursive: true });
  await site.pack(CMU.file, CMU.id);
  for (const viewer of VIEWERS.filter(({ tileSize }) => tileSize)) {
    await site.pack(CMU.file, slideId(viewer), "--tile-size", `${viewer.tileSize}`);
  }
  await site.serve();
  for (const viewer of VIEWERS) {
    for (const colorScheme of viewer.hasDarkTheme ? ["light", "dark"] : ["light"]) {
      const tab = await pages.open(browser, viewer, site, slideId(viewer), { colorScheme });
      await new viewer.View(tab).settled();
      const name = colorScheme === "dark" ? `${viewer.name}-dark` : viewer.name;
      await tab.page.screenshot({ path: path.join(FOLDER, `${name}.png`) });
      console.log(name, tab.problems.length ? tab.problems : "ok");
      await tab.close();
    }
  }
} finally {
  await browser.close();
  await site.close();
  pages.close();
}
