// The sections “Addresses” and “Label and other pictures”.

import { aboutUrl, associatedUrl, descriptorUrl, root, thumbnailUrl, viewUrl } from "../shared/api.js";
import { create, element } from "../shared/dom.js";
import { CopyField } from "../view/share/copy-field.js";

const PICTURES = "Pictures that the slide's file has besides the slide itself.";
const NO_PICTURES =
  "The pack has none. They can show the names of patients, so a slide is packed without them unless they are asked for.";

/** The addresses of a slide: id of the field, what it is, and the address itself. */
function addresses(slide) {
  return [
    ["viewer", "Viewer", viewUrl(slide)],
    ["page", "This page", aboutUrl(slide)],
    ["dzi", "Deep Zoom descriptor, for OpenSeadragon and other viewers", descriptorUrl(slide)],
    // The braces are for programs to fill in, and stay as they are.
    ["tiles", "Tiles: level z, column x, row y", root.href + slide.tiles.replace(/^\//, "")],
    ["thumbnail", "Thumbnail", thumbnailUrl(slide)],
    ["json", "All that is on this page, as JSON", new URL(`slides/${encodeURIComponent(slide.id)}`, root).href],
  ];
}

function announce(text) {
  element("announcement").textContent = text;
}

function addressField([id, label, address]) {
  const field = new CopyField({ id: `address-${id}`, label, name: `Copy: ${label}`, announce });
  field.text = address;
  return field.element;
}

export function fillAddresses(slide) {
  element("addresses").replaceChildren(...addresses(slide).map(addressField));
}

/** A picture with its name below it, which is a link to the picture itself. Names are from files. */
function figure(slide, name) {
  const created = create("figure", "");
  const link = create("a", "");
  link.href = associatedUrl(slide, name);
  const image = document.createElement("img");
  image.src = link.href;
  image.alt = name;
  link.append(image);
  created.append(link, create("figcaption", name));
  return created;
}

export function fillPictures(slide) {
  const pictures = slide.associated ?? [];
  element("pictures-hint").textContent = pictures.length ? PICTURES : NO_PICTURES;
  element("pictures").replaceChildren(...pictures.map(({ name }) => figure(slide, name)));
}
