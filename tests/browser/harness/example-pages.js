// The folder of examples, served from another origin than the slides.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { Tab } from "./browser.js";
import { WORKSPACE } from "./slides.js";

export const EXAMPLES = path.join(WORKSPACE, "examples");
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".json": "application/json" };

async function answer(request, response) {
  const { pathname } = new URL(request.url, "http://x");
  // Browsers ask for it by themselves.
  if (pathname === "/favicon.ico") return response.writeHead(204).end();
  const file = path.join(EXAMPLES, path.normalize(decodeURIComponent(pathname)));
  try {
    const content = await readFile(file);
    response.setHeader("content-type", TYPES[path.extname(file)] ?? "application/octet-stream");
    return response.end(content);
  } catch {
    return response.writeHead(404).end();
  }
}

/** The pages in `examples/`, at an address of their own. */
export class ExamplePages {
  static async serve() {
    const server = createServer(answer);
    await new Promise((done) => server.listen(0, "127.0.0.1", done));
    return new ExamplePages(server);
  }

  constructor(server) {
    this.server = server;
    this.url = `http://127.0.0.1:${server.address().port}`;
  }

  /** Opens a page of `VIEWERS` with the slide `id` of a site. `options` are those of `Tab.open`. */
  async open(browser, { page, query = {} }, site, id, options = {}) {
    const parameters = new URLSearchParams({ server: site.url, slide: id, ...query });
    const tab = await Tab.open(browser, `${this.url}/${page}?${parameters}`, { mayCancel: true, ...options });
    tab.page.on("pageerror", (error) => console.log(error.message));
    return tab;
  }

  close() {
    this.server.close();
  }
}
