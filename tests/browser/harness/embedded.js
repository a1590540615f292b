// Slides in other people's viewers: where on the screen they are, and how to get to a place in them.

/** Milliseconds within which a view that rests does not move: longer than any viewer takes to fit or to blend a picture in. */
const REST = 400;
/** In milliseconds: long, for machines that are busy with a build. */
const TIMEOUT = 90_000;

/** Makes everything on the page invisible that is neither in `picture` nor around it. */
function hideAllBut(picture) {
  for (let element = picture; element.parentElement; element = element.parentElement) {
    for (const sibling of element.parentElement.children) {
      if (sibling === element) continue;
      // Viewers set one of them anew when the pointer moves, and children may have their own of the other.
      for (const [property, value] of [["opacity", "0"], ["visibility", "hidden"]]) {
        sibling.style.setProperty(property, value, "important");
      }
    }
  }
}

/**
 * A slide in a viewer on a page. Each kind of viewer has `loaded()`, which waits until all that is in view is loaded,
 * `goTo(x, y)`, which moves the pixel (x, y) of the slide to the middle and shows one pixel of the slide as one of the
 * screen, `element()`, which has the picture and nothing else in it, and `corners()`: the slide's pixels at the top left
 * and the bottom right corner of the picture.
 */
class EmbeddedView {
  constructor(tab) {
    this.tab = tab;
    this.page = tab.page;
  }

  /** The element that is as large as the picture. */
  frame() {
    return this.element();
  }

  /** Where the picture is on the page, the slide pixel at its top left corner, and screen pixels per slide pixel. */
  async place() {
    const frame = await this.frame();
    const { left, top, width, height } = await frame.evaluate((frame) => frame.getBoundingClientRect().toJSON());
    const [[x, y], [right, bottom]] = await this.corners();
    return { left, top, width, height, x, y, zoom: width / (right - x), zoomY: height / (bottom - y) };
  }

  /** Waits until everything is loaded and nothing has moved for a while. */
  async settled() {
    const end = Date.now() + TIMEOUT;
    let before = null;
    while (Date.now() < end) {
      await this.loaded();
      const now = JSON.stringify(await this.place());
      if (now === before) return;
      before = now;
      await this.page.waitForTimeout(REST);
    }
    throw new Error(`the view still moves: ${before}`);
  }

  /** Hides the viewer's controls and whatever else is over the picture. */
  async hideControls() {
    await (await this.element()).evaluate(hideAllBut);
  }
}

/** OpenSeadragon, by itself or inside a viewer. `find` runs in the page and returns it, or nothing as long as there is none. */
export class OpenSeadragonView extends EmbeddedView {
  /** Until the page has made its viewer, `viewer` is the element of that name. */
  constructor(tab, find = () => window.viewer?.world && window.viewer) {
    super(tab);
    this.find = find;
  }

  #viewer() {
    return this.page.waitForFunction(this.find);
  }

  async loaded() {
    await this.page.waitForFunction((viewer) => {
      const item = viewer.world?.getItemAt(0);
      if (!item?.getFullyLoaded()) return false;
      const [now, end] = [viewer.viewport.getBounds(true), viewer.viewport.getBounds(false)];
      return Math.abs(now.x - end.x) + Math.abs(now.y - end.y) + Math.abs(now.width - end.width) < 1e-6 * end.width;
    }, await this.#viewer());
  }

  async goTo(x, y) {
    await (await this.#viewer()).evaluate((viewer, [x, y]) => {
      const item = viewer.world.getItemAt(0);
      viewer.viewport.zoomTo(item.imageToViewportZoom(1), null, true);
      viewer.viewport.panTo(item.imageToViewportCoordinates(x, y), true);
    }, [x, y]);
  }

  async element() {
    return (await (await this.#viewer()).evaluateHandle((viewer) => viewer.canvas)).asElement();
  }

  async corners() {
    return (await this.#viewer()).evaluate((viewer) => {
      const item = viewer.world.getItemAt(0);
      const size = viewer.viewport.getContainerSize();
      return [size.times(0), size].map((pixel) => {
        const { x, y } = item.viewportToImageCoordinates(viewer.viewport.pointFromPixel(pixel, true), true);
        return [x, y];
      });
    });
  }

  /** Whether the page may read the pixels that it shows, which another origin has to allow. */
  async isReadable() {
    return (await this.#viewer()).evaluate((viewer) => viewer.drawer.canvas.toDataURL().startsWith("data:image/png"));
  }
}

/** Mirador, whose only window is `slide`. */
export class MiradorView extends OpenSeadragonView {
  constructor(tab) {
    super(tab, () => window.Mirador?.OSDReferences.get("slide")?.current);
  }
}

/** Universal Viewer. */
export class UniversalViewerView extends OpenSeadragonView {
  constructor(tab) {
    super(tab, () => window.uv?.assignedContentHandler?.extension?.centerPanel?.viewer);
  }
}

/** Clover as a web component. It hands its OpenSeadragon to nobody, so this looks for it in the state of its components. */
export class CloverView extends OpenSeadragonView {
  constructor(tab) {
    super(tab, () => {
      const nodes = [document.querySelector("clover-viewer")?.__k];
      for (const node of nodes) {
        for (const hook of node?.__c?.__H?.__ ?? []) {
          const viewer = hook.__?.[0]?.openSeadragonViewer;
          if (viewer) return viewer;
        }
        nodes.push(...(node?.__k ?? []));
      }
      return null;
    });
  }
}

/** A Leaflet map with one layer of tiles. */
export class LeafletView extends EmbeddedView {
  async loaded() {
    await this.page.waitForFunction(() => {
      const tiles = [...document.querySelectorAll(".leaflet-tile")];
      return (
        tiles.length > 0 &&
        tiles.every((tile) => tile.matches(".leaflet-tile-loaded") && getComputedStyle(tile).opacity === "1")
      );
    });
  }

  /** The zoom at which one pixel of the slide is one of the screen. */
  #finest() {
    return this.page.evaluate(() => {
      let finest = null;
      window.map.eachLayer((layer) => (finest = layer.options.maxNativeZoom));
      return finest;
    });
  }

  async goTo(x, y) {
    await this.page.evaluate(([x, y, zoom]) => {
      window.map.setView(window.map.unproject([x, y], zoom), zoom, { animate: false });
    }, [x, y, await this.#finest()]);
  }

  async element() {
    return this.page.locator(".leaflet-tile-pane").elementHandle();
  }

  /** The pane of the tiles has no size of its own. */
  async frame() {
    return this.page.locator(".leaflet-container").elementHandle();
  }

  async corners() {
    return this.page.evaluate((zoom) => {
      const size = window.map.getSize();
      return [[0, 0], [size.x, size.y]].map((pixel) => {
        const { x, y } = window.map.project(window.map.containerPointToLatLng(pixel), zoom);
        return [x, y];
      });
    }, await this.#finest());
  }
}

/** An OpenLayers map with one layer of tiles. */
export class OpenLayersView extends EmbeddedView {
  async loaded() {
    await this.page.waitForFunction(() => window.map);
    await this.page.evaluate(
      () =>
        new Promise((done) => {
          window.map.once("rendercomplete", done);
          window.map.render();
        }),
    );
  }

  /** The coordinates of the slide's top left corner, and the length of one of its pixels in them. */
  #grid() {
    return this.page.evaluate(() => {
      const grid = window.map.getLayers().item(0).getSource().getTileGrid();
      const finest = grid.getMaxZoom();
      return { origin: grid.getOrigin(finest), resolution: grid.getResolution(finest) };
    });
  }

  async goTo(x, y) {
    await this.page.evaluate(({ x, y, origin, resolution }) => {
      const view = window.map.getView();
      view.setResolution(resolution);
      view.setCenter([origin[0] + x * resolution, origin[1] - y * resolution]);
    }, { x, y, ...(await this.#grid()) });
  }

  async element() {
    return this.page.locator(".ol-layers").elementHandle();
  }

  async corners() {
    return this.page.evaluate(({ origin, resolution }) => {
      return [[0, 0], window.map.getSize()].map((pixel) => {
        const [east, north] = window.map.getCoordinateFromPixel(pixel);
        return [(east - origin[0]) / resolution, (origin[1] - north) / resolution];
      });
    }, await this.#grid());
  }
}
