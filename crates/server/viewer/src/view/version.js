// Notices when the slide on display has been replaced on the server, and shows the new version on request.

import { describeSlide } from "../shared/api.js";
import { element } from "../shared/dom.js";
import { describeReadable, openCurrent } from "./slide-view.js";
import { carryView, currentView, moveTo } from "./view-link.js";

/** How far from the whole slide a view may be and still count as it. */
const TOLERANCE = 1e-3;

/** Whether the view shows the whole slide, as it does at first. */
function isWhole({ viewport }) {
  const [view, home] = [viewport.getBounds(false), viewport.getHomeBounds()];
  const apart = view.getCenter().distanceTo(home.getCenter());
  const zoomed = Math.abs(viewport.getZoom(false) / viewport.getHomeZoom() - 1);
  return apart < TOLERANCE * home.width && zoomed < TOLERANCE;
}

/** The notice that the slide has changed, with its button to show the new version. */
export class ChangeNotice {
  #page;
  /** Whether a tile of the version on display has arrived. */
  #isDrawn = false;
  /** From the button's click until the new version is shown: the view to restore, and the version that it is of. */
  #previous = null;

  constructor(page) {
    const { viewer } = page;
    this.#page = page;
    viewer.addHandler("open", () => {
      this.#isDrawn = false;
    });
    viewer.addHandler("tile-loaded", () => {
      this.#isDrawn = true;
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.#check();
    });
    element("changed-show").addEventListener("click", () => this.#showNewVersion());
  }

  /** Offers the new version. If nothing of the old one has been drawn yet, the new one is shown without asking. */
  offer() {
    const notice = element("changed");
    if (!notice.hidden || this.#previous) return;
    element("changed-text").textContent = "This slide has changed on the server.";
    if (this.#isDrawn) notice.hidden = false;
    else this.#showNewVersion();
  }

  /** Shows the notice if the server has another version of the slide. */
  async #check() {
    const { slide } = this.#page;
    try {
      const { generation } = await describeSlide(slide.id);
      // Another version may have been opened before the response arrived. A broken pack has no version.
      if (generation && generation !== slide.generation && slide === this.#page.slide) this.offer();
    } catch {
      // If the slide or the server is gone, that is said when tiles are missing.
    }
  }

  async #showNewVersion() {
    const button = element("changed-show");
    if (button.hasAttribute("aria-disabled")) return;
    button.setAttribute("aria-disabled", "true");
    try {
      await this.#openNewVersion();
    } catch (error) {
      element("changed-text").textContent =
        `The slide has changed, and its new version cannot be shown: ${error.message}`;
      element("changed").hidden = false;
    }
    button.removeAttribute("aria-disabled");
  }

  async #openNewVersion() {
    const page = this.#page;
    const { viewer } = page;
    this.#previous ??= { view: isWhole(viewer) ? null : currentView(viewer), slide: page.slide };
    const slide = await openCurrent(viewer, await describeReadable(page.slide.id));
    page.display(slide);
    const { view, slide: previous } = this.#previous;
    if (view) moveTo(viewer, carryView(view, previous, slide), true);
    page.link.save();
    this.#previous = null;
    const notice = element("changed");
    // Whoever pressed the button goes on with the slide.
    if (!notice.hidden) viewer.canvas.focus();
    notice.hidden = true;
  }
}
