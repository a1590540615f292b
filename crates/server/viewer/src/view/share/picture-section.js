// The part of the panel “Share” that saves and copies a picture of what is on display.

import { button, create } from "../../shared/dom.js";
import { currentView } from "../view-link.js";
import { untilDrawn } from "./drawn.js";
import { pictureName } from "./file-name.js";
import { layersOf } from "./layers.js";
import { pngOf, takePicture } from "./snapshot.js";

/** How long to wait for tiles, in milliseconds. */
const LIMIT = 10_000;
/** How long an address of a picture is kept for the browser to save it from, in milliseconds. */
const LIFETIME = 60_000;

const OPTIONS = [
  ["scaleBar", "Scale bar"],
  ["caption", "Caption"],
  ["measurements", "Measurements"],
];

/** What is wrong, as a sentence. */
function failureText(error) {
  switch (error.name) {
    case "SecurityError":
      return "This browser does not let pages read the pixels of the slide.";
    case "RangeError":
    case "InvalidStateError":
      return "The picture is too large for this browser. Try it with a smaller window.";
    case "NotAllowedError":
      return "This browser does not allow pictures to be copied. Save it instead.";
    default:
      return `There is no picture: ${error.message}`;
  }
}

function download(blob, name) {
  const link = create("a", "");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), LIFETIME);
}

export class PictureSection {
  element = create("section", "", "share-part");
  #page;
  #boxes = new Map();
  #state = create("p", "", "share-state");
  #isBusy = false;

  constructor(page) {
    this.#page = page;
    const heading = create("h3", "Picture");
    heading.id = "share-picture";
    this.element.setAttribute("aria-labelledby", heading.id);
    const actions = create("div", "", "share-actions");
    actions.append(button({ text: "Save picture", classes: "primary", onClick: () => this.#run(() => this.#save()) }));
    if (window.ClipboardItem && navigator.clipboard?.write) {
      actions.append(button({ text: "Copy picture", onClick: () => this.#run(() => this.#copy()) }));
    }
    this.#state.hidden = true;
    this.element.append(heading, this.#optionGroup(), actions, this.#state);
  }

  #optionGroup() {
    const group = create("fieldset", "", "share-options");
    group.append(create("legend", "A PNG of the view, with"));
    for (const [name, text] of OPTIONS) {
      const label = create("label", "");
      const box = document.createElement("input");
      Object.assign(box, { type: "checkbox", checked: true });
      this.#boxes.set(name, box);
      label.append(box, text);
      group.append(label);
    }
    return group;
  }

  /** Which options are chosen, by name. */
  get #options() {
    return Object.fromEntries([...this.#boxes].map(([name, box]) => [name, box.checked]));
  }

  /** Shows and announces what is going on. */
  #say(text) {
    this.#state.textContent = text;
    this.#state.hidden = false;
    this.#page.announce(text);
  }

  /** Runs one action at a time, and says what came of it. */
  async #run(action) {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      this.#say(await action());
    } catch (error) {
      this.#say(failureText(error));
    }
    this.#isBusy = false;
  }

  /** A PNG of the view, whether it `isComplete`, and its file's `name`. */
  async #take() {
    const { viewer } = this.#page;
    const waits = layersOf(this.#page).map((layer) =>
      untilDrawn(layer.viewer, LIMIT, () => this.#say("Waiting for tiles…")),
    );
    const isComplete = (await Promise.all(waits)).every(Boolean);
    if (!viewer.isOpen()) throw new Error("the slide is being opened.");
    const name = pictureName(this.#page.slide.title, currentView(viewer));
    return { blob: await pngOf(takePicture(this.#page, this.#options)), isComplete, name };
  }

  async #save() {
    const { blob, isComplete, name } = await this.#take();
    download(blob, name);
    return isComplete ? `Saved as ${name}.` : `Saved as ${name}, but some tiles had not arrived.`;
  }

  async #copy() {
    const picture = this.#take();
    // Browsers allow it only at once after a click, and wait for the picture themselves.
    const item = new ClipboardItem({ "image/png": picture.then(({ blob }) => blob) });
    // If there is no picture, that is what is said, and not what the clipboard makes of it.
    const [{ isComplete }] = await Promise.all([picture, navigator.clipboard.write([item])]);
    return isComplete ? "Picture copied." : "Picture copied, but some tiles had not arrived.";
  }
}
