// A hall as it stands: SVG in which every seat is an element to click, to focus and to read out.
// For customers who choose seats, and for staff who look after them. It draws what the public API
// says of a show's seats, and knows nothing of bookings.

import { el, joined } from "./page.js";

// ---- Seats in words

// Where sections use the same rows, a row's name begins with its section.
const rowLabel = ({ section, row }) => (section ? row.replace(`${section} `, "") : row);
const placeOf = (seat) =>
  seat.section ? `${seat.section}, row ${rowLabel(seat)}` : `Row ${seat.row}`;
export const nameOf = (seat) => `${placeOf(seat)}, seat ${seat.number}`;

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

function node(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// Outlines of radius 1 about 0, 0, by what is special about a seat.
const OUTLINES = {
  usual: "M-1 0A1 1 0 0 1 1 0A1 1 0 0 1-1 0Z",
  accessible: "M-.9-.9H.9V.9H-.9Z",
  companion: "M0-1.15 1.15 0 0 1.15-1.15 0Z",
  restricted_view: "M-1.1-.8H1.1L0 1.1Z",
};
const outlineOf = (seat) => marksOf(seat).find((mark) => OUTLINES[mark]) || "usual";

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
  if (text) drawn.append(write(text.text, text.position, text.size || 16, { fill: ink, stroke: "none" }));
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

// `lookOf(seat)` says how a seat looks: `free`, or a pattern of the template. `textOf(seat)` says it
// in words. `onChoose(seat)` is told of a seat that was chosen, `onArea(area)` of a place to stand.
export class Hall {
  constructor(root, { lookOf, textOf, onChoose, onArea }) {
    Object.assign(this, { root, lookOf, textOf, onChoose, level: 1 });
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
    this.svg.addEventListener("click", (event) => {
      if (this.isDrag(event)) return;
      const { seat, area } = event.target;
      // Where seats are too small to hit, a click looks closer.
      if (event.detail && this.sizeOnScreen() < 9) this.zoom(3, event.clientX, event.clientY);
      else if (seat) this.onChoose(this.point(seat));
      else if (area) onArea(area);
    });
    new ResizeObserver(() => this.settle()).observe(this.map);
    this.map.addEventListener("scroll", () => this.settle());
  }

  // Read a show, its seats and its plan with `get(path)`, and draw them; `refresh` says how they look.
  async load(id, get) {
    const paths = [`/api/shows/${id}/`, `/api/shows/${id}/seats/`];
    const [show, map] = await Promise.all(paths.map(get));
    const { seats, categories, areas = [] } = map;
    this.seats = seats;
    this.pitch = spacing(seats);
    this.svg.querySelector("defs").append(...categories.map(patternOf));
    const styles = new Map(categories.map((category, index) => [category.name, { ...category, index }]));
    seats.forEach((seat) => this.makeSeat(seat, styles.get(seat.category)));
    const rows = Map.groupBy(seats, ({ section, row }) => `${section}\n${row}`);
    this.rows = [...rows.values()].map((members) => this.makeRow(rowOf(members, this.pitch)));
    [this.ground, this.names] = [0, 1].map(() => node("g", { "aria-hidden": true }));
    const standing = areas.map((area) => this.makeArea(area, styles.get(area.category).color));
    this.svg.append(this.ground, ...standing, ...this.rows.map(({ group }) => group), this.names);
    seats[0]?.element.setAttribute("tabindex", 0);
    const corners = areas.flatMap(({ x, y, width, height }) => [{ x, y }, { x: x + width, y: y + height }]);
    this.furnish([...seats, ...corners], [], show.event.kind);
    // Decoration only, and large where the hall is large: so it comes last.
    get(`/api/shows/${show.id}/layout/`)
      .then((layout) => this.furnish([...seats, ...corners], areasOf(layout), show.event.kind), () => {});
    return { ...map, show };
  }

  makeSeat(seat, { index, color }) {
    const place = `translate(${seat.x} ${seat.y}) scale(${0.44 * this.pitch})`;
    const outline = { d: OUTLINES[outlineOf(seat)], transform: place };
    seat.element = node("path", { ...outline, role: "checkbox", tabindex: -1 });
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
      points: pair.map(({ x, y }) => `${x} ${y}`), class: "bond", "stroke-width": 0.3 * this.pitch,
    }));
    const elements = row.seats.map(({ element }) => element);
    row.group = node("g", { role: "group", "aria-label": placeOf(first) }, ...labels, ...bonds, ...elements);
    row.seats.forEach((seat) => (seat.line = row));
    return row;
  }

  // Where people stand.
  makeArea(area, color) {
    const { name, x, y, width, height } = area;
    const box = node("rect", { x, y, width, height, fill: color, "fill-opacity": 0.35 });
    const middle = { x: x + width / 2, y: y + height / 2 };
    const text = write(name, middle, Math.min(2 * this.pitch, height / 3, width / name.length), { class: "label" });
    Object.assign(box, { area });
    return node("g", { class: "area" }, box, text);
  }

  // What the plan draws, or a stage where it draws nothing; and room around all of it.
  furnish(points, areas, kind) {
    const { left, top, width, height } = extent(points);
    const unit = Math.max(this.pitch, Math.min(height / 30, 5 * this.pitch));
    const [breadth, depth] = [Math.max(0.6 * width, 8 * unit), 1.6 * unit];
    const stage = {
      x: left + (width - breadth) / 2, y: top - 2 * this.pitch - unit - depth, color: "#d8d8d8",
      shape: "rectangle", rectangle: { width: breadth, height: depth },
      text: {
        text: kind === "movie" ? "SCREEN" : "STAGE", size: unit,
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
    const [wide, high] = [Math.max(box.width + 2 * this.pitch, 20 * this.pitch), box.height + 2 * this.pitch];
    const [x, y] = [box.x + box.width / 2 - wide / 2, box.y - this.pitch];
    this.svg.setAttribute("viewBox", [x, y, wide, high].join(" "));
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
      const attributes = {
        class: look, fill: look === "free" ? seat.free : `url(#${look})`,
        "aria-label": this.textOf(seat), "aria-checked": isChosen,
        "aria-disabled": !isChosen && look !== "free",
      };
      for (const [name, value] of Object.entries(attributes)) seat.element.setAttribute(name, value);
    }
    this.say(this.said);
  }

  sizeOnScreen() {
    return this.pitch * this.svg.getScreenCTM().a;
  }

  // Labels and numbers are there where they can be read; all numbers of a stadium would be many.
  settle() {
    if (!this.rows) return;
    const size = this.sizeOnScreen();
    this.svg.classList.toggle("far", size < 9);
    if (size < 18) return;
    const view = this.map.getBoundingClientRect();
    for (const row of this.rows.filter(({ isNumbered }) => !isNumbered)) {
      const { top, bottom, left, right } = row.group.getBoundingClientRect();
      if (bottom < view.top || top > view.bottom || right < view.left || left > view.right) continue;
      row.isNumbered = true;
      for (const seat of row.seats) {
        const ink = { class: "number", fill: inkOn(seat.color), stroke: seat.color, "aria-hidden": true };
        seat.element.after(write(seat.number, seat, 0.4 * this.pitch, ink));
      }
    }
  }

  // By 0: the whole hall. What is at x, y in the window stays there.
  zoom(factor, clientX, clientY) {
    const { map, svg } = this;
    const view = map.getBoundingClientRect();
    const [x, y] = [(clientX ?? view.x + view.width / 2) - view.x, (clientY ?? view.y + view.height / 2) - view.y];
    const [across, down] = [(map.scrollLeft + x) / map.scrollWidth, (map.scrollTop + y) / map.scrollHeight];
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

  isDrag({ clientX, clientY, detail }) {
    const { pressed } = this;
    return detail && pressed && Math.hypot(clientX - pressed.clientX, clientY - pressed.clientY) > 6;
  }

  // A mouse drags the hall, as fingers do by themselves.
  onDrag({ pointerType, buttons, movementX, movementY }) {
    if (pointerType === "mouse" && buttons === 1) this.map.scrollBy(-movementX, -movementY);
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
    const special = Object.keys(OUTLINES).filter((name) => MARKS[name] && found.has(name));
    const items = [...entries, ...special.map((name) => ["#888888", MARKS[name], name])];
    const drawn = items.map(([fill, text, outline, ...more]) => {
      const seat = node("path", { d: OUTLINES[outline || "usual"], fill });
      return el("li", {}, node("svg", { viewBox: "-1.2 -1.2 2.4 2.4", "aria-hidden": true }, seat), text, ...more);
    });
    this.root.querySelector(".legend").replaceChildren(...drawn);
  }
}
