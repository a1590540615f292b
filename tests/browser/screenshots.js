// Takes the screenshots of the user guide: `npm run screenshots`, with ORIGAMI_BIN and ORIGAMI_SLIDES as for the tests.

import path from "node:path";
import { fileURLToPath } from "node:url";
import { launch, Tab } from "./harness/browser.js";
import { Site } from "./harness/site.js";
import { CMU } from "./harness/slides.js";

const FOLDER = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../docs/src/images");

const site = await Site.create();
const browser = await launch();
try {
  await site.pack(CMU.file, CMU.id);
  await site.serve();
  for (const [name, colorScheme, view] of [
    ["viewer", "light", [1110, 1300, 0.8]],
    ["viewer-dark", "dark", [1110, 1300, 0.8]],
  ]) {
    const tab = await Tab.open(browser, `${site.url}/view/${CMU.id}`, {
      viewport: { width: 1120, height: 640 },
      colorScheme,
    });
    await tab.settled();
    await tab.moveTo(...view);
    await tab.page.screenshot({ path: path.join(FOLDER, `${name}.jpg`), type: "jpeg", quality: 82 });
    await tab.close();
  }
} finally {
  await browser.close();
  await site.close();
}
