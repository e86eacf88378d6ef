// SVG elements: seats, patterns of categories, and the furniture of pretix's seating plans.

import { node, set } from "../svg.js";
import { marksOf } from "./names.js";

export { node, set };

export const write = (text, { x, y }, size, attributes) =>
  node("text", { x, y, "font-size": size, ...attributes }, text);

// Outlines of special seats, with radius 1 around 0, 0. All other seats are circles.
export const OUTLINES = {
  accessible: "M-.9-.9H.9V.9H-.9Z",
  companion: "M0-1.15 1.15 0 0 1.15-1.15 0Z",
  restricted_view: "M-1.1-.8H1.1L0 1.1Z",
};
export const outlineOf = (seat) => marksOf(seat).find((mark) => OUTLINES[mark]);

export function inkOn(color) {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
  return 0.3 * red + 0.6 * green + 0.1 * blue < 140 ? "#ffffff" : "#000000";
}

// Categories differ by stripes as well as by colour. These are the angles of the stripes.
const PATTERNS = [[], [45], [0], [90], [135], [0, 90], [45, 135]];

export function patternOf({ color }, index) {
  const stripes = PATTERNS[index % PATTERNS.length].map((angle) => node("path", {
    d: "M-1.2-.5H1.2M-1.2 0H1.2M-1.2 .5H1.2", transform: `rotate(${angle})`,
    stroke: inkOn(color), "stroke-width": 0.14, "stroke-opacity": 0.5,
  }));
  const ground = node("rect", { x: -1, y: -1, width: 2, height: 2, fill: color });
  const attributes = { id: `category-${index}`, width: 1, height: 1, viewBox: "-1 -1 2 2" };
  return node("pattern", attributes, ground, ...stripes);
}

const FURNITURE = {
  rectangle: ({ width, height }) => node("rect", { width, height }),
  circle: ({ radius }) => node("circle", { r: radius }),
  ellipse: ({ radius: { x, y } }) => node("ellipse", { rx: x, ry: y }),
  polygon: ({ points }) => node("polygon", { points: points.map(({ x, y }) => `${x} ${y}`) }),
};

export function furniture({ x, y, shape, rotation = 0, color, border_color, text, ...one }) {
  const fill = color || "none";
  const placed = { transform: `translate(${x} ${y}) rotate(${rotation})`, fill };
  const drawn = node("g", { ...placed, stroke: border_color || "none" });
  if (FURNITURE[shape]) drawn.append(FURNITURE[shape](one[shape]));
  const ink = text?.color || (color ? "#333333" : "currentColor");
  const own = { fill: ink, stroke: "none" };
  if (text) drawn.append(write(text.text, text.position, text.size || 16, own));
  return drawn;
}

// The drawn areas of all zones. A plan that came with a side list is inside `plan`.
export function drawnAreas(layout) {
  const { zones = [] } = layout.plan ?? layout;
  return zones.flatMap(({ position, areas }) => (areas || []).map((area) => {
    const { x = 0, y = 0 } = area.position || {};
    return { ...area, x: position.x + x, y: position.y + y };
  }));
}
