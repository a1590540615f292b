// Where two slides have to be so that both show the same place. Pure functions that work without a page.
//
// A view is `{ x, y, zoom, rotation, flip }`: the slide pixel at the centre of the screen, screen pixels per slide
// pixel, degrees clockwise, and whether the screen is mirrored. An alignment is `{ dx, dy, scale, turn }`, what was
// adjusted by hand: how far the second slide's place is from where it would be, in its own pixels, how many times
// larger it is shown than its pixel size says, and by how many degrees it is turned against the first.

/** The alignment of two slides whose centres and pixel sizes agree. */
export const ALIGNED = Object.freeze({ dx: 0, dy: 0, scale: 1, turn: 0 });

/** The same angle, from 0 up to but not including 360 degrees. */
function positive(degrees) {
  return ((degrees % 360) + 360) % 360;
}

/** The same angle, above -180 and up to 180 degrees. */
function signed(degrees) {
  const angle = positive(degrees);
  return angle > 180 ? angle - 360 : angle;
}

/** A vector turned clockwise, where y points down. */
function rotated({ x, y }, degrees) {
  const angle = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return { x: x * cos - y * sin, y: x * sin + y * cos };
}

/**
 * Pixels of the slide `second` for one pixel of `first`, across and down: as many as are equally long, or, if a pixel
 * size is unknown, the same share of the width.
 */
export function pixelRatio(first, second) {
  if (first.mpp && second.mpp) return { x: first.mpp[0] / second.mpp[0], y: first.mpp[1] / second.mpp[1] };
  const share = second.width / first.width;
  return { x: share, y: share };
}

/** The view of `second` that shows what `view` shows of `first`. Unless they are aligned by hand, the centres agree. */
export function secondView(view, first, second, { dx, dy, scale, turn }) {
  const ratio = pixelRatio(first, second);
  const fromCentre = {
    x: ((view.x - first.width / 2) * ratio.x) / scale,
    y: ((view.y - first.height / 2) * ratio.y) / scale,
  };
  const offset = rotated(fromCentre, -turn);
  return {
    x: second.width / 2 + dx + offset.x,
    y: second.height / 2 + dy + offset.y,
    zoom: (view.zoom / ratio.x) * scale,
    rotation: positive(view.rotation + turn),
    flip: view.flip,
  };
}

/** The view of `first` that shows what `view` shows of `second`: the inverse of `secondView`. */
export function firstView(view, first, second, { dx, dy, scale, turn }) {
  const ratio = pixelRatio(first, second);
  const fromCentre = { x: view.x - second.width / 2 - dx, y: view.y - second.height / 2 - dy };
  const offset = rotated(fromCentre, turn);
  return {
    x: first.width / 2 + (offset.x * scale) / ratio.x,
    y: first.height / 2 + (offset.y * scale) / ratio.y,
    zoom: (view.zoom * ratio.x) / scale,
    rotation: positive(view.rotation - turn),
    flip: view.flip,
  };
}

/** The alignment with which `secondView` turns the view `one` of `first` into the view `other` of `second`. */
export function alignmentOf(one, other, first, second) {
  const scale = (other.zoom / one.zoom) * pixelRatio(first, second).x;
  const turn = signed(other.rotation - one.rotation);
  const centred = secondView(one, first, second, { ...ALIGNED, scale, turn });
  return { dx: other.x - centred.x, dy: other.y - centred.y, scale, turn };
}

/** Whether two views look the same: a hundredth of a screen pixel is finer than anyone can see. */
export function isSameView(one, other) {
  return (
    Math.hypot(one.x - other.x, one.y - other.y) * other.zoom < 0.01 &&
    Math.abs(one.zoom / other.zoom - 1) < 1e-6 &&
    Math.abs(signed(one.rotation - other.rotation)) < 1e-3 &&
    one.flip === other.flip
  );
}
