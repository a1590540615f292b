// Two viewers that show the same place: whichever is moved, the other follows.

import { viewportZoom, zoomOf } from "../place.js";
import { alignmentOf, firstView, isSameView, secondView } from "./lock.js";

/** The view on the screen of a viewer, in the middle of an animation too. */
export function readView(viewer) {
  const { viewport, world } = viewer;
  const { x, y } = world.getItemAt(0).viewportToImageCoordinates(viewport.getCenter(true), true);
  return { x, y, zoom: zoomOf(viewer), rotation: viewport.getRotation(true), flip: viewport.getFlip() };
}

/** Moves a viewer to a view at once. Its own limits do not apply: they would pull the two views apart. */
function writeView(viewer, view) {
  const { viewport, world } = viewer;
  viewport.zoomTo(viewportZoom(viewer, view.zoom), null, true);
  viewport.panTo(world.getItemAt(0).imageToViewportCoordinates(view.x, view.y, true), true);
  if (viewport.getRotation(true) !== view.rotation) viewport.rotateTo(view.rotation, null, true);
  viewport.setFlip(view.flip);
}

/** A viewer and the view that the lock has given it last, if any. */
class Side {
  /** The lock's own changes come back as events of the viewer. They are known by this view. */
  #given = null;

  constructor(viewer) {
    this.viewer = viewer;
  }

  get isReady() {
    return this.viewer.isOpen() && this.viewer.world.getItemCount() > 0;
  }

  /** The view on the screen, or null if it is the one that the lock has given. */
  moved() {
    const view = readView(this.viewer);
    return this.#given && isSameView(view, this.#given) ? null : view;
  }

  give(view) {
    writeView(this.viewer, view);
    this.#given = readView(this.viewer);
  }
}

/** The lock between the viewer of the slide on display and that of a second slide. */
export class LockedViews {
  #first;
  #second;
  #slides;
  #alignment;
  #locked = true;
  /** Whether the second viewer has another size than when it was last looked at. */
  #resized = false;
  #handlers = [];

  /** `slides` has the descriptions `first` and `second` of what the viewers `first` and `second` show at any time. */
  constructor(first, second, slides, alignment) {
    this.#first = new Side(first);
    this.#second = new Side(second);
    this.#slides = slides;
    this.#alignment = alignment;
    this.#handle(first, "viewport-change", () => this.#firstMoved());
    this.#handle(first, "flip", () => this.#firstMoved());
    this.#handle(second, "resize", () => (this.#resized = true));
    this.#handle(second, "viewport-change", () => this.#secondMoved());
    this.follow();
  }

  #handle(viewer, event, handler) {
    viewer.addHandler(event, handler);
    this.#handlers.push(() => viewer.removeHandler(event, handler));
  }

  get #isReady() {
    return this.#first.isReady && this.#second.isReady;
  }

  #firstMoved() {
    if (!this.#locked || !this.#isReady || !this.#first.moved()) return;
    this.follow();
  }

  #secondMoved() {
    const resized = this.#resized;
    this.#resized = false;
    if (!this.#locked || !this.#isReady) return;
    // OpenSeadragon changes the view with the size of its element. Nobody has moved it then.
    if (resized) {
      this.follow();
      return;
    }
    const view = this.#second.moved();
    if (!view) return;
    // A second slide is not turned or mirrored by itself, so the first one keeps its rotation.
    const { rotation, flip } = readView(this.#first.viewer);
    const { first, second } = this.#slides;
    this.#first.give({ ...firstView(view, first, second, this.#alignment), rotation, flip });
  }

  /** Moves the second slide to where the first is. */
  follow() {
    if (!this.#isReady) return;
    const { first, second } = this.#slides;
    this.#second.give(secondView(readView(this.#first.viewer), first, second, this.#alignment));
  }

  get isLocked() {
    return this.#locked;
  }

  /** While it is unlocked each slide moves by itself. Locking again keeps how they then lie to each other. */
  set isLocked(locked) {
    if (locked) this.#alignment = this.alignment;
    this.#locked = locked;
  }

  /** How the second slide lies to the first now. */
  get alignment() {
    if (this.#locked || !this.#isReady) return this.#alignment;
    const { first, second } = this.#slides;
    return alignmentOf(readView(this.#first.viewer), readView(this.#second.viewer), first, second);
  }

  set alignment(alignment) {
    this.#alignment = alignment;
    this.follow();
  }

  /** Turns the second slide about the centre of the screen, to this many degrees against the first. */
  turnTo(turn) {
    if (!this.#isReady) return;
    const one = readView(this.#first.viewer);
    const other = { ...readView(this.#second.viewer), rotation: one.rotation + turn };
    this.alignment = alignmentOf(one, other, this.#slides.first, this.#slides.second);
  }

  release() {
    for (const remove of this.#handlers) remove();
  }
}
