// A hall as it stands: SVG in which every seat is an element to click, to focus and to read out.
// For customers who choose seats, and for staff who look after them. It draws what the public API
// says of a show's seats, and knows nothing of bookings.

import { el, joined } from "./page.js";

// ---- Seats in words

// Where sections use the same rows, a row's name begins with its section.
const rowLabel = ({ section, row }) => (section ? row.replace(`${section} `, "") : row);
const placeOf = (seat) =>
  seat.section ? `${seat.section}, row ${rowLabel(seat)}` : `Row ${seat.row}`;
// A place in an area has no number, and its area instead of a row.
export const nameOf = (seat) => (seat.number ? `${placeOf(seat)}, seat ${seat.number}` : seat.row);

// "Row C, seats 4, 5, 6; Row D, seat 1"
export function namesOf(seats) {
  const texts = [...Map.groupBy(seats, placeOf)].map(([place, members]) => {
    const numbers = members.map(({ number }) => number).join(", ");
    return `${place}, seat${members.length > 1 ? "s" : ""} ${numbers}`;
  });
  return texts.join("; ");
}

const MARKS = {
  accessible: "Wheelchair place",
  companion: "Beside a wheelchair place",
  restricted_view: "Restricted view",
  couple: "Sold as a pair",
};
const marksOf = (seat) => Object.keys(MARKS).filter((mark) => seat[mark]);

// "Row C, seat 4 · Gold · Restricted view"
export const descriptionOf = (seat) =>
  joined(nameOf(seat), seat.category, ...marksOf(seat).map((mark) => MARKS[mark]));

// ---- Seats, drawn

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function node(tag, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  made.append(...children);
  return set(made, attributes);
}

// Outlines of radius 1 about 0, 0, by what is special about a seat; all others are circles.
const OUTLINES = {
  accessible: "M-.9-.9H.9V.9H-.9Z",
  companion: "M0-1.15 1.15 0 0 1.15-1.15 0Z",
  restricted_view: "M-1.1-.8H1.1L0 1.1Z",
};
const outlineOf = (seat) => marksOf(seat).find((mark) => OUTLINES[mark]);

// Categories differ by pattern as well as by colour: stripes in these directions.
const PATTERNS = [[], [45], [0], [90], [135], [0, 90], [45, 135]];

function inkOn(color) {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
  return 0.3 * red + 0.6 * green + 0.1 * blue < 140 ? "#ffffff" : "#000000";
}

function patternOf({ color }, index) {
  const stripes = PATTERNS[index % PATTERNS.length].map((angle) => node("path", {
    d: "M-1.2-.5H1.2M-1.2 0H1.2M-1.2 .5H1.2", transform: `rotate(${angle})`,
    stroke: inkOn(color), "stroke-width": 0.14, "stroke-opacity": 0.5,
  }));
  const ground = node("rect", { x: -1, y: -1, width: 2, height: 2, fill: color });
  const attributes = { id: `category-${index}`, width: 1, height: 1, viewBox: "-1 -1 2 2" };
  return node("pattern", attributes, ground, ...stripes);
}

// ---- Where things stand

function extent(points) {
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
  const [left, top] = [xs, ys].map((all) => all.reduce((one, other) => Math.min(one, other)));
  const [right, bottom] = [xs, ys].map((all) => all.reduce((one, other) => Math.max(one, other)));
  return { left, top, width: right - left, height: bottom - top };
}

// How far seats are apart, of one row or of two, so that hardly any overlap when drawn.
function spacing(seats) {
  const some = seats.filter((_, index) => index % Math.ceil(seats.length / 300) === 0);
  const gaps = some.map((one) => seats.reduce((least, { x, y }) =>
    Math.min(least, Math.hypot(x - one.x, y - one.y) || Infinity), Infinity));
  const gap = gaps.sort((one, other) => one - other)[Math.floor(gaps.length / 10)];
  return Number.isFinite(gap) ? gap : 1;
}

// A row's seats in the order in which they stand, and where its label goes: beyond either end.
function rowOf(seats, pitch) {
  const { width, height } = extent(seats);
  const along = width >= height ? "x" : "y";
  seats.sort((one, other) => one[along] - other[along]);
  const beyond = (end, next = { x: end.x + 1, y: end.y }) => {
    const share = (1.1 * pitch) / (Math.hypot(end.x - next.x, end.y - next.y) || 1);
    return { x: end.x + share * (end.x - next.x), y: end.y + share * (end.y - next.y) };
  };
  return { seats, ends: [beyond(seats[0], seats[1]), beyond(seats.at(-1), seats.at(-2))] };
}

// A section's name goes above its topmost seat; of several, the one in the middle.
function aboveOf(seats, pitch) {
  const { left, top, width } = extent(seats);
  const off = ({ x }) => Math.abs(x - left - width / 2);
  const highest = seats.filter(({ y }) => y - top < 0.5 * pitch);
  const { x } = highest.reduce((best, seat) => (off(seat) < off(best) ? seat : best));
  return { x, y: top - (highest.length > 1 ? 0.7 : 1.6) * pitch, width };
}

// ---- What a plan has besides seats, in the shapes of pretix's seating plans

const FURNITURE = {
  rectangle: ({ width, height }) => node("rect", { width, height }),
  circle: ({ radius }) => node("circle", { r: radius }),
  ellipse: ({ radius: { x, y } }) => node("ellipse", { rx: x, ry: y }),
  polygon: ({ points }) => node("polygon", { points: points.map(({ x, y }) => `${x} ${y}`) }),
};

const write = (text, { x, y }, size, attributes) =>
  node("text", { x, y, "font-size": size, ...attributes }, text);

function furniture({ x, y, shape, rotation = 0, color, border_color, text, ...one }) {
  const fill = color || "none";
  const placed = { transform: `translate(${x} ${y}) rotate(${rotation})`, fill };
  const drawn = node("g", { ...placed, stroke: border_color || "none" });
  if (FURNITURE[shape]) drawn.append(FURNITURE[shape](one[shape]));
  const ink = text?.color || (color ? "#333333" : "currentColor");
  const own = { fill: ink, stroke: "none" };
  if (text) drawn.append(write(text.text, text.position, text.size || 16, own));
  return drawn;
}

// The areas of all zones. A plan that came with a side list is wrapped with it.
function areasOf(layout) {
  const { zones = [] } = layout.plan ?? layout;
  return zones.flatMap(({ position, areas }) => (areas || []).map((area) => {
    const { x = 0, y = 0 } = area.position || {};
    return { ...area, x: position.x + x, y: position.y + y };
  }));
}

// ---- The hall

const FAR = 9; // Pixels from seat to seat, below which nobody hits one.
const MAX_NUMBERS = 3000; // More would be slow; what is pointed at is named anyway.

// `lookOf(seat)` says how a seat looks, which is `free` or a pattern of the template, and
// `textOf(seat)` says it in words. `onChoose(seat)` is told of a seat that was chosen, and
// `onArea(area)` of a place to stand. A mouse drags the hall, as fingers do, or, where there is
// `onSelect(seats)`, draws a rectangle around seats.
export class Hall {
  constructor(root, { lookOf, textOf, onChoose, onArea, onSelect }) {
    Object.assign(this, { root, lookOf, textOf, onChoose, onSelect, level: 1 });
    this.map = root.querySelector(".map");
    this.svg = this.map.querySelector("svg");
    for (const button of root.querySelectorAll("[data-zoom]")) {
      button.onclick = () => this.zoom(Number(button.dataset.zoom));
    }
    this.svg.addEventListener("pointerover", ({ target: { seat } }) => this.say(seat));
    this.svg.addEventListener("focusin", ({ target: { seat } }) => this.point(seat));
    this.svg.addEventListener("keydown", (event) => this.onKey(event));
    this.svg.addEventListener("pointerdown", (event) => (this.pressed = event));
    this.svg.addEventListener("pointermove", (event) => this.onDrag(event));
    document.addEventListener("pointerup", () => this.select());
    this.svg.addEventListener("click", (event) => {
      if (event.detail && this.isDrag(event)) return;
      const { seat, area } = event.target;
      // Where seats are too small to hit, a click looks closer.
      if (event.detail && this.sizeOnScreen() < FAR) this.zoom(3, event.clientX, event.clientY);
      else if (seat) this.onChoose(this.point(seat));
      else if (area) onArea(area);
    });
    new ResizeObserver(() => this.settle()).observe(this.map);
  }

  // Read a show, its seats and its plan with `get(path)`, and draw them; `refresh` gives looks.
  async load(id, get) {
    const paths = [`/api/shows/${id}/`, `/api/shows/${id}/seats/`];
    const [show, map] = await Promise.all(paths.map(get));
    const { seats, categories, areas } = map;
    const points = [...seats, ...areas.flatMap(({ x, y, width, height }) =>
      [{ x, y }, { x: x + width, y: y + height }])];
    if (!points.length) throw new Error("This show has no seats.");
    this.seats = seats;
    this.pitch = seats.length ? spacing(seats) : extent(points).width / 40;
    this.svg.style.setProperty("--pitch", this.pitch);
    this.svg.querySelector("defs").append(...categories.map(patternOf));
    const indices = new Map(categories.map(({ name }, index) => [name, index]));
    const colorOf = ({ category }) => categories[indices.get(category)].color;
    for (const seat of seats) this.makeSeat(seat, indices.get(seat.category), colorOf(seat));
    const rows = Map.groupBy(seats, ({ section, row }) => `${section}\n${row}`);
    this.rows = [...rows.values()].map((members) => this.makeRow(rowOf(members, this.pitch)));
    [this.ground, this.names] = [0, 1].map(() => node("g", { "aria-hidden": true }));
    const standing = areas.map((area) => this.makeArea(area, colorOf(area)));
    this.svg.append(this.ground, ...standing, ...this.rows.map(({ group }) => group), this.names);
    seats[0]?.element.setAttribute("tabindex", 0);
    this.furnish(points, {}, show);
    // Decoration only, and large where the hall is large: so it comes last.
    get(`/api/shows/${id}/layout/`).then((layout) => this.furnish(points, layout, show), () => {});
    return { ...map, show };
  }

  makeSeat(seat, index, color) {
    const [{ x, y }, r, outline] = [seat, 0.44 * this.pitch, OUTLINES[outlineOf(seat)]];
    const attributes = { role: "checkbox", tabindex: -1, color };
    const place = { d: outline, transform: `translate(${x} ${y}) scale(${r})` };
    seat.element = outline
      ? node("path", { ...place, ...attributes, "stroke-width": 0.1 })
      : node("circle", { cx: x, cy: y, r, ...attributes, "stroke-width": 0.1 * r });
    Object.assign(seat.element, { seat });
    Object.assign(seat, { free: `url(#category-${index})`, color });
  }

  makeRow(row) {
    const [first] = row.seats;
    const labels = row.ends.map((end) =>
      write(rowLabel(first), end, 0.6 * this.pitch, { class: "label", "aria-hidden": true }));
    // Seats that are sold as a pair hang together.
    const pairs = Map.groupBy(row.seats, ({ couple }) => couple);
    const bonds = [...pairs].filter(([couple]) => couple).map(([, pair]) => node("polyline", {
      points: pair.map(({ x, y }) => `${x} ${y}`), class: "bond", "stroke-width": 0.5 * this.pitch,
    }));
    const elements = row.seats.flatMap((seat) => [seat.element, ...this.numbersOf(seat)]);
    const group = { role: "group", "aria-label": placeOf(first) };
    row.group = node("g", group, ...labels, ...bonds, ...elements);
    row.seats.forEach((seat) => (seat.line = row));
    return row;
  }

  numbersOf(seat) {
    if (this.seats.length > MAX_NUMBERS) return [];
    const ink = { fill: inkOn(seat.color), stroke: seat.color, "aria-hidden": true };
    return [write(seat.number, seat, 0.4 * this.pitch, { class: "number", ...ink })];
  }

  // Where people stand.
  makeArea(area, color) {
    const { name, x, y, width, height } = area;
    const box = node("rect", { x, y, width, height, fill: color, "fill-opacity": 0.35 });
    const middle = { x: x + width / 2, y: y + height / 2 };
    const size = Math.min(2 * this.pitch, height / 3, (1.5 * width) / name.length);
    const text = write(name, middle, size, { class: "label section" });
    Object.assign(box, { area });
    return node("g", { class: "area" }, box, text);
  }

  // What the plan draws, or a stage where it draws nothing; and room around all of it.
  furnish(points, layout, { event }) {
    const areas = areasOf(layout);
    const { left, top, width, height } = extent(points);
    const unit = Math.max(this.pitch, Math.min(height / 30, 5 * this.pitch));
    const [breadth, depth] = [Math.max(0.6 * width, 8 * unit), 1.6 * unit];
    const front = { x: left + width / 2, y: top - 2 * this.pitch - unit - depth / 2 };
    const { x, y } = layout.focal_point ?? front;
    const stage = {
      x: x - breadth / 2, y: y - depth / 2, color: "#d8d8d8",
      shape: "rectangle", rectangle: { width: breadth, height: depth },
      text: {
        text: event.kind === "movie" ? "SCREEN" : "STAGE", size: unit,
        position: { x: breadth / 2, y: depth / 2 },
      },
    };
    // A plan that writes on its areas names its sections itself.
    const isNamed = areas.some(({ text }) => text);
    const sections = Map.groupBy(isNamed ? [] : this.seats, ({ section }) => section);
    this.names.replaceChildren(...[...sections].map(([name, seats]) => {
      const { width: room, ...place } = aboveOf(seats, this.pitch);
      const size = Math.max(0.9 * this.pitch, Math.min(unit, (1.4 * room) / name.length));
      return write(name, { ...place, y: place.y - size / 2 }, size, { class: "label section" });
    }));
    this.ground.replaceChildren(...(areas.length ? areas : [stage]).map(furniture));
    const box = this.svg.getBBox();
    // A small hall need not fill the screen.
    const wide = Math.max(box.width, 20 * this.pitch) + 2 * this.pitch;
    const corner = [box.x + box.width / 2 - wide / 2, box.y - this.pitch];
    set(this.svg, { viewBox: [...corner, wide, box.height + 2 * this.pitch].join(" ") });
    this.settle();
  }

  // ---- What is seen of it

  // Bring what is drawn up to date with what `lookOf` says.
  refresh() {
    for (const seat of this.seats) {
      const look = this.lookOf(seat);
      if (look === seat.look) continue;
      seat.look = look;
      const isChosen = look === "chosen";
      set(seat.element, {
        class: look, fill: look === "free" ? seat.free : `url(#look-${look})`,
        "aria-checked": isChosen, "aria-disabled": !isChosen && look !== "free",
        "aria-label": this.textOf(seat),
      });
    }
    this.say(this.said);
  }

  sizeOnScreen() {
    return this.pitch * (this.svg.getScreenCTM()?.a ?? 0);
  }

  // From afar labels are in the way.
  settle() {
    this.svg.classList.toggle("far", this.sizeOnScreen() < FAR);
  }

  // By 0: the whole hall. What is at x, y in the window stays there.
  zoom(factor, clientX, clientY) {
    const { map, svg } = this;
    const { left, top } = map.getBoundingClientRect();
    const x = clientX === undefined ? map.clientWidth / 2 : clientX - left;
    const y = clientY === undefined ? map.clientHeight / 2 : clientY - top;
    const across = (map.scrollLeft + x) / map.scrollWidth;
    const down = (map.scrollTop + y) / map.scrollHeight;
    const closest = Math.max(1, (this.level * 60) / this.sizeOnScreen());
    this.level = Math.min(Math.max(this.level * factor, 1), closest);
    svg.style.width = svg.style.height = `${100 * this.level}%`;
    map.scrollTo(across * map.scrollWidth - x, down * map.scrollHeight - y);
    this.settle();
  }

  reveal({ element }) {
    if (this.sizeOnScreen() < 14) this.zoom(22 / this.sizeOnScreen());
    element.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  // ---- Pointing and choosing

  say(seat) {
    this.said = seat;
    this.root.querySelector(".pointed").textContent = seat ? this.textOf(seat) : "";
  }

  // One seat is in the order of tabs: the one that was pointed at last.
  point(seat) {
    if (!seat) return seat;
    this.svg.querySelector("[tabindex='0']")?.setAttribute("tabindex", -1);
    seat.element.setAttribute("tabindex", 0);
    this.say(seat);
    return seat;
  }

  isDrag({ clientX, clientY }) {
    const { pressed } = this;
    return pressed && Math.hypot(clientX - pressed.clientX, clientY - pressed.clientY) > 6;
  }

  onDrag(event) {
    if (event.pointerType !== "mouse" || event.buttons !== 1 || !this.isDrag(event)) return;
    if (!this.onSelect) return this.map.scrollBy(-event.movementX, -event.movementY);
    const toHall = this.svg.getScreenCTM().inverse();
    const ends = [this.pressed, event].map(({ clientX, clientY }) =>
      new DOMPoint(clientX, clientY).matrixTransform(toHall));
    const { left: x, top: y, width, height } = extent(ends);
    this.selection ??= this.svg.appendChild(node("rect", { class: "selection" }));
    set(this.selection, { x, y, width, height });
  }

  select() {
    if (!this.selection) return;
    const { x: left, y: top, width, height } = this.selection.getBBox();
    this.selection.remove();
    this.selection = null;
    const isInside = ({ x, y }) => x >= left && y >= top && x <= left + width && y <= top + height;
    this.onSelect(this.seats.filter(isInside));
  }

  onKey(event) {
    const { key, ctrlKey, metaKey, altKey, target: { seat } } = event;
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const zooms = { "+": 1.5, "=": 1.5, "-": 1 / 1.5, 0: 0 };
    if (ctrlKey || metaKey || altKey || !seat) return;
    const ends = { Home: seat.line.seats[0], End: seat.line.seats.at(-1) };
    const next = ends[key] || (arrows[key] && this.neighbour(seat, ...arrows[key]));
    if (next) {
      next.element.focus({ preventScroll: true });
      this.reveal(next);
    } else if (key === " " || key === "Enter") this.onChoose(seat);
    else if (key in zooms) this.zoom(zooms[key]);
    else return;
    event.preventDefault();
  }

  // The nearest seat in a direction, rather in the same row than across it.
  neighbour(from, dx, dy) {
    let [found, least] = [from, Infinity];
    for (const seat of this.seats) {
      const [x, y] = [seat.x - from.x, seat.y - from.y];
      const along = x * dx + y * dy;
      const detour = dx && seat.line !== from.line ? 4 * this.pitch : 0;
      const cost = along + 3 * Math.abs(x * dy + y * dx) + detour;
      if (along > 0.3 * this.pitch && cost < least) [found, least] = [seat, cost];
    }
    return found;
  }

  // Entries are `[fill, …texts and nodes]`; those of special seats come by themselves.
  drawLegend(entries) {
    const found = new Set(this.seats.map(outlineOf));
    const special = Object.keys(OUTLINES).filter((name) => found.has(name));
    const items = [...entries, ...special.map((name) => ["#888888", MARKS[name], name])];
    const drawn = items.map(([fill, text, outline, ...more]) => {
      const d = OUTLINES[outline];
      const seat = d ? node("path", { d, fill }) : node("circle", { r: 1, fill });
      const swatch = node("svg", { viewBox: "-1.2 -1.2 2.4 2.4", "aria-hidden": true }, seat);
      return el("li", {}, swatch, text, ...more);
    });
    this.root.querySelector(".legend").replaceChildren(...drawn);
  }
}
