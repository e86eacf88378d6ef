// Posters of films. A film without one, or with one from an origin that the house does not allow,
// gets a drawn poster in a colour of its own.

import { el } from "./page.js";
import { node } from "./svg.js";

const [WIDTH, HEIGHT] = [200, 300];
const LINE = 12; // Letters of a line of the title.
const allowed = () => [location.origin, ...document.body.dataset.images.split(" ")];

// Put the poster of an event into a box.
export function showPoster(box, event) {
  box.replaceChildren(isAllowed(event.poster_url) ? photo(box, event) : drawn(event));
}

function isAllowed(address) {
  return Boolean(address) && allowed().includes(new URL(address, location).origin);
}

function photo(box, event) {
  const onerror = () => box.replaceChildren(drawn(event));
  return el("img", { src: event.poster_url, alt: "", loading: "lazy", onerror });
}

function drawn({ title, slug }) {
  const seed = [...slug].reduce((sum, letter) => (31 * sum + letter.codePointAt(0)) % 100003, 7);
  const hue = seed % 360;
  const ground = node("rect", { width: WIDTH, height: HEIGHT, fill: `hsl(${hue} 45% 24%)` });
  const shapes = [0, 1, 2].map((number) => node("circle", {
    cx: (seed * (number + 3)) % WIDTH,
    cy: 40 + ((seed * (number + 7)) % 120),
    r: 30 + ((seed >> number) % 60),
    fill: `hsl(${(hue + 35 * (number + 1)) % 360} 60% 45%)`,
    "fill-opacity": 0.5,
  }));
  const shade = node("rect", { y: 190, width: WIDTH, height: 110, fill: `hsl(${hue} 50% 12%)`, "fill-opacity": 0.85 });
  const lines = linesOf(title);
  const texts = lines.map((line, number) => node("text", {
    x: 14, y: 222 + 24 * number, fill: "#ffffff", "font-size": 20, "font-weight": 700,
    ...(line.length > LINE + 3 && { textLength: WIDTH - 28, lengthAdjust: "spacingAndGlyphs" }),
  }));
  texts.forEach((text, number) => (text.textContent = lines[number]));
  return node("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": true }, ground, ...shapes, shade, ...texts);
}

// Up to three lines of whole words.
function linesOf(title) {
  const lines = [""];
  for (const word of title.split(/\s+/)) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (longer.length <= LINE + 2 || !lines.at(-1)) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.length <= 3 ? lines : [...lines.slice(0, 2), `${lines[2]} …`];
}
