// The panel in which a second slide is chosen and arranged.

import { button, create } from "../../shared/dom.js";
import { halfTurn } from "../see/angle.js";
import { Slider } from "../see/slider.js";
import { SlideList } from "./slide-list.js";

const WAYS = [
  { way: "side", label: "Side by side" },
  { way: "over", label: "One over the other" },
];

/** Two radio buttons for the ways to compare. `onChange(way)` is called with the one that is chosen. */
class WayChoice {
  element = create("fieldset", "", "compare-ways");
  #inputs = new Map();

  constructor(onChange) {
    this.element.append(create("legend", "Show them"));
    for (const { way, label } of WAYS) {
      const input = document.createElement("input");
      Object.assign(input, { type: "radio", name: "compare-way", value: way });
      input.addEventListener("change", () => onChange(way));
      const row = create("label", "");
      row.append(input, label);
      this.element.append(row);
      this.#inputs.set(way, input);
    }
  }

  show(way) {
    this.#inputs.get(way).checked = true;
  }
}

export class ComparePanel {
  #ways;
  #current = create("div", "", "compare-current");
  #name = create("p", "", "compare-name");
  #lock;
  #opacity;
  #turn;
  #list;

  /**
   * Fills `body`. `actions` are `isOffered(slide)`, `onChoose(slide)`, `onWay(way)`, `onOpacity(percent)`,
   * `onTurn(degrees)`, `onLock(locked)`, `onAlign()`, `onSwap()` and `onClose()`.
   */
  constructor(body, actions) {
    this.#ways = new WayChoice(actions.onWay);
    this.#opacity = new Slider({
      id: "compare-opacity",
      label: "Opacity",
      range: { min: 0, max: 100, step: 5, neutral: 100 },
      format: (percent) => `${percent} %`,
      onChange: actions.onOpacity,
    });
    this.#turn = new Slider({
      id: "compare-turn",
      label: "Turn the second",
      range: { min: -180, max: 180, step: 0.5, neutral: 0 },
      format: (degrees) => `${degrees}°`,
      onChange: actions.onTurn,
    });
    this.#lock = button({
      text: "Unlock to align",
      onClick: () => actions.onLock(this.#lock.getAttribute("aria-pressed") === "true"),
    });
    this.#list = new SlideList({ isOffered: actions.isOffered, onChoose: actions.onChoose });
    const buttons = create("div", "", "compare-buttons");
    buttons.append(
      this.#lock,
      button({ text: "Align anew", onClick: actions.onAlign }),
      button({ text: "Swap", onClick: actions.onSwap }),
      button({ text: "Close", onClick: actions.onClose }),
    );
    const help =
      "Unlocked, the second slide moves alone. Locking it again keeps how the two then lie to each other. " +
      "Measurements stay on the first slide.";
    this.#current.append(
      this.#name,
      this.#opacity.element,
      this.#turn.element,
      buttons,
      create("p", help, "hint"),
    );
    body.append(this.#ways.element, this.#current, this.#list.element);
  }

  /** Fills the list of slides anew. */
  list() {
    this.#list.fill();
  }

  /** Shows the settings. `title` is that of the second slide, or null if there is none. */
  show({ title, way, opacity, locked, turn }) {
    this.#ways.show(way);
    this.#current.hidden = title === null;
    this.#name.textContent = title ?? "";
    this.#opacity.element.hidden = way !== "over";
    this.#opacity.show(opacity);
    this.#turn.show(halfTurn(turn));
    this.#lock.setAttribute("aria-pressed", String(!locked));
  }
}
