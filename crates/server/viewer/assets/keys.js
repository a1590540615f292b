// Keyboard control of the viewer.

/** How far an arrow key moves the view, as a fraction of its width or height. */
const STEP = 0.15;

const ARROWS = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };

function pan(viewport, [x, y]) {
  const bounds = viewport.getBounds(false);
  viewport.panBy(new OpenSeadragon.Point(x * bounds.width, y * bounds.height));
  viewport.applyConstraints();
}

/**
 * Runs `actions`, which maps keys to functions, and pans with the arrow keys. Keys work wherever the focus is, except
 * that arrow keys in the details panel scroll it.
 */
export function connectKeys(viewer, actions) {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in ARROWS && !event.target.closest?.("#details")) pan(viewer.viewport, ARROWS[event.key]);
    else if (Object.hasOwn(actions, event.key)) actions[event.key]();
    else return;
    event.preventDefault();
  });
}
