// The pages of a site in a browser, for all tests of a file.

import { after, before } from "node:test";
import { launch, Tab } from "./browser.js";
import { Site } from "./site.js";
import { CMU } from "./slides.js";

/** Packs the reference slide as `reference`, and the real slide under its own id if it is available. */
export async function packBoth(site) {
  await site.packReference("reference", "--mode", "exact");
  if (CMU.file) await site.pack(CMU.file, CMU.id);
}

/** A browser and a served site. Both exist while the tests of the file that makes this object run. */
export class Pages {
  #sites = [];

  /**
   * Registers the hooks that start and stop everything. `prepare(pages)` fills `pages.site` before it is served. A file
   * must not have other `before` hooks: Node may run them at the same time.
   */
  constructor(prepare) {
    before(async () => {
      this.browser = await launch();
      this.site = await this.addSite();
      await prepare(this);
      await this.site.serve();
    });
    after(async () => {
      await this.browser?.close();
      for (const site of this.#sites) await site.close();
    });
  }

  /** Makes another site, which is not served yet. It is closed with the others. */
  async addSite() {
    const site = await Site.create();
    this.#sites.push(site);
    return site;
  }

  /** Opens the page at `path` of a site. */
  open(path, options = {}, site = this.site) {
    return Tab.open(this.browser, site.url + path, options);
  }

  /**
   * Opens a slide in the viewer and waits until it is drawn. Without WebGL, the default here, drawing is much faster on
   * machines without a graphics card.
   */
  async view(id, hash = "", { drawer = "canvas", ...options } = {}) {
    const tab = await this.open(`/view/${id}?drawer=${drawer}${hash}`, options);
    await tab.settled();
    return tab;
  }
}
