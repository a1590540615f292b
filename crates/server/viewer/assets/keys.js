/** How far an arrow key moves, as a part of what is on the screen. */
const STEP = 0.15;

const ARROWS = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };

function pan(viewport, [x, y]) {
  const seen = viewport.getBounds(false);
  viewport.panBy(new OpenSeadragon.Point(x * seen.width, y * seen.height));
  viewport.applyConstraints();
}

/** Keys work wherever the focus is, except that panels keep their own arrow keys for scrolling. */
export function connectKeys(viewer, actions) {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in ARROWS && !event.target.closest?.("#details")) pan(viewer.viewport, ARROWS[event.key]);
    else if (Object.hasOwn(actions, event.key)) actions[event.key]();
    else return;
    event.preventDefault();
  });
}
