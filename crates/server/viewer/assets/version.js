import { describeSlide } from "./api.js";
import { carryView, currentView, formatView, moveTo } from "./view-link.js";

/** Least time between two questions for the slide's version, in milliseconds. */
const PAUSE = 1000;

const element = (id) => document.getElementById(id);
const pause = () => new Promise((done) => setTimeout(done, PAUSE));

/** Calls `ask` again for as long as it is wanted, never twice at a time and with a pause after each call. */
function unhurried(ask) {
  let wanted = false;
  let busy = false;
  return async () => {
    wanted = true;
    if (busy) return;
    busy = true;
    while (wanted) {
      wanted = false;
      await ask();
      await pause();
    }
    busy = false;
  };
}

/**
 * Says so when the server has another version of the slide than `shown.slide`, whose tiles it then refuses, and shows
 * that one at a click: `open()` opens the current version and answers it, `present(slide)` writes down its facts.
 */
export function connectVersion(viewer, shown, { open, present }) {
  const { viewport } = viewer;
  const notice = element("changed");
  const text = element("changed-text");
  const button = element("changed-show");
  /** The view to come back to, and the version it is of. */
  let place = null;

  const tell = () => {
    if (!notice.hidden) return;
    text.textContent = "This slide has changed on the server.";
    notice.hidden = false;
  };
  const look = unhurried(async () => {
    const { slide } = shown;
    try {
      const { generation } = await describeSlide(slide.id);
      // The answer may come when another version is shown already.
      if (generation !== slide.generation && slide === shown.slide && !place) tell();
    } catch {
      // A slide that is not there, or a server, is told of by its missing tiles.
    }
  });
  // A picture that fails to load does not say why, so the server is asked.
  viewer.addHandler("tile-load-failed", look);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") look();
  });

  const show = async () => {
    place ??= { view: currentView(viewport), slide: shown.slide };
    button.setAttribute("aria-disabled", "true");
    try {
      const slide = await open();
      shown.slide = slide;
      present(slide);
      moveTo(viewport, carryView(place.view, place.slide, slide), true);
      history.replaceState(null, "", formatView(currentView(viewport)));
      place = null;
      notice.hidden = true;
      viewer.canvas.focus();
    } catch (error) {
      text.textContent = `The slide has changed, and its new version cannot be shown: ${error.message}`;
    }
    button.removeAttribute("aria-disabled");
  };
  button.addEventListener("click", () => {
    if (!button.hasAttribute("aria-disabled")) show();
  });
}
