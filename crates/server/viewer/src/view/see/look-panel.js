// The panel “Look”: rotation, flip and the adjustments of the slide's colours.

import { button, create } from "../../shared/dom.js";
import { clampAdjustment, isNeutral, RANGES } from "./adjustment.js";
import { halfTurn } from "./angle.js";
import { Slider } from "./slider.js";

const ICONS = {
  look: "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18M12 8h7.5M12 12h9M12 16h7.5",
  left: "M4 5v5h5M4.5 10a8 8 0 1 1-.5 5",
  right: "M20 5v5h-5M19.5 10a8 8 0 1 0 .5 5",
  flip: "M12 3v18M9 7l-6 10h6zM15 7l6 10h-6z",
};

/** One end is left out, since both are the same rotation. */
const TURN = { min: -179, max: 180, step: 1, neutral: 0 };

const TEXTS = {
  brightness: (value) => `${value > 0 ? "+" : ""}${value} %`.replace("-", "−"),
  contrast: (value) => `${value} ×`,
  gamma: (value) => String(value),
};

/** The buttons that rotate by a quarter and flip. */
function turnButtons(orientation) {
  const group = create("div", "", "look-turn");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", "Rotate and flip");
  const flip = button({ label: "Flip (h)", icon: ICONS.flip, text: "Flip", onClick: () => orientation.toggleFlip() });
  group.append(
    button({ label: "Rotate left (R)", icon: ICONS.left, onClick: () => orientation.turn(-90) }),
    button({ label: "Rotate right (r)", icon: ICONS.right, onClick: () => orientation.turn(90) }),
    flip,
  );
  return { group, flip };
}

/** A checkbox that inverts the colours. */
function invertBox(look) {
  const label = create("label", "", "look-invert");
  const box = document.createElement("input");
  box.type = "checkbox";
  box.addEventListener("change", () => look.change({ invert: box.checked }));
  label.append(box, create("span", "Invert"));
  return { label, box };
}

/** A slider for each number of the adjustment, by its name. */
function adjustmentSliders(look) {
  return Object.fromEntries(
    Object.entries(RANGES).map(([name, range]) => [
      name,
      new Slider({
        id: `look-${name}`,
        label: name[0].toUpperCase() + name.slice(1),
        range,
        format: TEXTS[name],
        onChange: (value) => look.change({ [name]: clampAdjustment(name, value) }),
      }),
    ]),
  );
}

/** Adds the panel, which always shows the state of `orientation` and `look`. */
export function addLookPanel(page, orientation, look) {
  const panel = page.panels.add({ id: "look", title: "Look", icon: ICONS.look, key: "a", group: "see" });
  const { group, flip } = turnButtons(orientation);
  const turn = new Slider({
    id: "look-rotation",
    label: "Rotation",
    range: TURN,
    format: (value) => `${value}°`.replace("-", "−"),
    onChange: (value) => orientation.rotateTo(value, true),
  });
  const sliders = adjustmentSliders(look);
  const { label, box } = invertBox(look);
  const resetAll = button({
    text: "Reset all",
    classes: "look-reset-all",
    onClick: () => {
      orientation.reset();
      look.reset();
      page.announce("The slide looks as it was scanned");
    },
  });
  panel.body.append(group, turn.element, ...Object.values(sliders).map((slider) => slider.element), label, resetAll);

  function show() {
    const { adjustment } = look;
    turn.show(halfTurn(orientation.degrees));
    flip.setAttribute("aria-pressed", String(orientation.flipped));
    for (const [name, slider] of Object.entries(sliders)) slider.show(adjustment[name]);
    box.checked = adjustment.invert;
    // The rail shows that the slide does not look as it was scanned, even when the panel is closed.
    const changed = !isNeutral(adjustment) || orientation.degrees !== 0 || orientation.flipped;
    panel.button.classList.toggle("changed-look", changed);
  }
  orientation.listener = show;
  look.listener = show;
  show();
}
