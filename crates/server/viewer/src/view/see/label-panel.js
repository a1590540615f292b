// The panel “Label”: the pictures of the slide's label and of the whole glass, where the pack has them.

import { associatedUrl } from "../../shared/api.js";
import { button, create } from "../../shared/dom.js";

const ICON = "M3 5h18v14H3zM9 5v14M5 9h2M5 12h2";

/** A picture of the pack. Its name is from a file. */
function picture(slide, name) {
  const image = document.createElement("img");
  image.src = associatedUrl(slide, name);
  image.alt = name;
  image.loading = "lazy";
  return image;
}

/** A dialog with one picture, as large as the window allows. It is removed when it is closed. */
function enlarge(slide, name) {
  const dialog = document.createElement("dialog");
  dialog.className = "label-dialog";
  dialog.setAttribute("aria-label", name);
  const close = button({ label: "Close", text: "Close", onClick: () => dialog.close() });
  dialog.append(picture(slide, name), close);
  dialog.addEventListener("click", (event) => {
    // A click beside the picture is one on the dialog itself.
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/** A small picture with its name, which is a button. */
function thumbnail(slide, name) {
  const opener = button({
    label: `Enlarge ${name}`,
    classes: "label-thumbnail",
    onClick: () => enlarge(slide, name),
  });
  const image = picture(slide, name);
  image.alt = "";
  opener.replaceChildren(image, create("span", name));
  return opener;
}

/** Adds the panel as soon as a version of the slide has such pictures, and hides its button for one without. */
export function addLabelPanel(page) {
  let panel = null;
  page.onSlide((slide) => {
    const pictures = slide.associated ?? [];
    if (pictures.length) {
      panel ??= page.panels.add({ id: "label", title: "Label", icon: ICON, key: "l", group: "see" });
      panel.body.classList.add("label-panel");
      panel.body.replaceChildren(...pictures.map(({ name }) => thumbnail(slide, name)));
    } else panel?.close();
    if (panel) panel.button.hidden = pictures.length === 0;
  });
}
