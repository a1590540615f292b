// Measurements in a picture of the slide.

import { figure, labelOf, Placement } from "./figure.js";
import { measurementsOf } from "./registry.js";

/** A dark line below a light one is seen on every slide. Widths are in pixels of the screen. */
const LINES = [
  { colour: "#000000", line: 5, dot: 10 },
  { colour: "#ffffff", line: 2, dot: 6 },
];
const FONT_SIZE = 14;

function tracePath(context, { points, closed }) {
  context.beginPath();
  for (const { x, y } of points) context.lineTo(x, y);
  if (closed) context.closePath();
}

function drawLines(context, figure) {
  for (const { colour, line, dot } of LINES) {
    context.strokeStyle = colour;
    context.fillStyle = colour;
    context.lineWidth = line;
    tracePath(context, figure);
    context.stroke();
    for (const { x, y } of figure.points) {
      context.beginPath();
      context.arc(x, y, dot / 2, 0, 2 * Math.PI);
      context.fill();
    }
  }
}

function drawText(context, { text, textAt, anchor }) {
  context.textAlign = anchor === "middle" ? "center" : anchor;
  context.strokeStyle = "#000000";
  context.lineWidth = 4;
  context.strokeText(text, textAt.x, textAt.y);
  context.fillStyle = "#ffffff";
  context.fillText(text, textAt.x, textAt.y);
}

/**
 * Draws all measurements where they are on the screen. `scale` is pixels of `context` per pixel of the screen; the
 * origin of `context` is the top left corner of the viewer's element.
 */
export function drawMeasurements(context, page, scale) {
  const placement = new Placement(page);
  const figures = measurementsOf(page).map((measurement, index) =>
    figure(measurement, placement, page.slide.mpp, labelOf(measurement, index)),
  );
  context.save();
  context.scale(scale, scale);
  context.lineJoin = "round";
  context.lineCap = "round";
  context.font = `600 ${FONT_SIZE}px system-ui, sans-serif`;
  for (const figure of figures) drawLines(context, figure);
  // No line goes through a text.
  for (const figure of figures) drawText(context, figure);
  context.restore();
}
