// The drawing of a hall from the public API's data: for customers who choose seats, and for staff.
// It knows nothing about bookings.

import { Dots } from "./hall/dots.js";
import { aboveOf, extent, nearest, neighbour, overlapOf, spacing } from "./hall/geometry.js";
import { MARKS } from "./hall/names.js";
import { SeatLayer } from "./hall/seat_layer.js";
import { SeatList } from "./hall/seat_list.js";
import {
  drawnAreas, furniture, node, OUTLINES, outlineOf, patternOf, set, write,
} from "./hall/shapes.js";
import { View } from "./hall/view.js";
import { el } from "./page.js";
import { t } from "./texts.js";

export { descriptionOf, nameOf, namesOf } from "./hall/names.js";

const MAX_DRAWN = 2000; // More elements than that make zooming slow.
const FAR = 9; // Pixels from seat to seat below which a mouse cannot hit one.
const NUMBERED = 16; // Pixels from seat to seat above which numbers can be read.
const CLOSEST = 60;
const TARGET = 24; // Pixels that a finger needs (WCAG 2.5.8).
const SEAT = 0.88; // The width of a seat in distances from seat to seat.

// `lookOf(seat)` is `free` or the name of a pattern of the template. `textOf(seat)` describes the
// seat. `onChoose(seat)` and `onArea(area)` are called for a choice. A mouse pans the hall like a
// finger, or draws a rectangle if there is `onSelect(seats)`.
export class Hall {
  constructor(root, { lookOf, textOf, onChoose, onArea, onSelect }) {
    Object.assign(this, { root, lookOf, textOf, onChoose, onSelect });
    this.map = root.querySelector(".map");
    this.svg = this.map.querySelector("svg");
    this.dots = new Dots(this.map.querySelector("canvas"));
    this.view = new View(this.map, () => this.draw());
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
      if (event.detail && this.isTooSmall(event) && !area) this.zoomTo(event);
      else if (seat) this.onChoose(this.point(seat));
      else if (area) onArea(area);
    });
  }

  // Read a show, its seats and its plan with `get(path)`, call `begin` with them, and draw them.
  async load(id, get, begin = () => {}) {
    const paths = [`/api/shows/${id}/`, `/api/shows/${id}/seats/`];
    const [show, map] = await Promise.all(paths.map(get));
    const { seats, categories, areas } = map;
    const points = [...seats, ...areas.flatMap(({ x, y, width, height }) =>
      [{ x, y }, { x: x + width, y: y + height }])];
    if (!points.length) throw new Error(t("This show has no seats."));
    begin({ ...map, show });
    this.seats = seats;
    this.isLarge = seats.length > MAX_DRAWN;
    this.special = new Set(seats.map(outlineOf));
    this.pitch = seats.length ? spacing(seats) : extent(points).width / 40;
    this.svg.style.setProperty("--pitch", this.pitch);
    this.svg.querySelector("defs").append(...categories.map(patternOf));
    const indices = new Map(categories.map(({ name }, index) => [name, index]));
    const colorOf = ({ category }) => categories[indices.get(category)].color;
    for (const seat of seats) {
      seat.free = `url(#category-${indices.get(seat.category)})`;
      seat.color = colorOf(seat);
    }
    this.layer = new SeatLayer(seats, this.pitch, this);
    if (this.isLarge) this.list = new SeatList(this.root.querySelector("details"), this.layer.lines, this);
    [this.ground, this.names] = [0, 1].map(() => node("g", { "aria-hidden": true }));
    const standing = areas.map((area) => this.drawArea(area, colorOf(area)));
    this.svg.append(this.ground, ...standing, this.layer.group, this.names);
    this.furnish(points, {}, show);
    this.pointed = seats[0];
    this.draw();
    this.pointed?.element.setAttribute("tabindex", 0);
    // The plan's decoration is large for a large hall, so it comes last.
    get(`/api/shows/${id}/layout/`).then((layout) => this.furnish(points, layout, show), () => {});
    return { ...map, show };
  }

  // A part of the hall where people stand.
  drawArea(area, color) {
    const { name, x, y, width, height } = area;
    const box = node("rect", { x, y, width, height, fill: color, "fill-opacity": 0.35 });
    const middle = { x: x + width / 2, y: y + height / 2 };
    const size = Math.min(2 * this.pitch, height / 3, (1.5 * width) / name.length);
    const text = write(name, middle, size, { class: "label section" });
    Object.assign(box, { area });
    return node("g", { class: "area" }, box, text);
  }

  // Draw the plan's decoration, or a stage if it has none, and leave a margin around everything.
  furnish(points, layout, { event }) {
    const areas = drawnAreas(layout);
    const { left, top, width, height } = extent(points);
    const unit = Math.max(this.pitch, Math.min(height / 30, 5 * this.pitch));
    const [breadth, depth] = [Math.max(0.6 * width, 8 * unit), 1.6 * unit];
    const front = { x: left + width / 2, y: top - 2 * this.pitch - unit - depth / 2 };
    const { x, y } = front;
    const stage = {
      x: x - breadth / 2, y: y - depth / 2, color: "#d8d8d8",
      shape: "rectangle", rectangle: { width: breadth, height: depth },
      text: {
        text: event.kind === "movie" ? t("SCREEN") : t("STAGE"), size: unit,
        position: { x: breadth / 2, y: depth / 2 },
      },
    };
    // A plan with texts on its areas names its sections itself.
    const isNamed = areas.some(({ text }) => text);
    const sections = Map.groupBy(isNamed ? [] : this.seats, ({ section }) => section);
    const named = [...sections].filter(([name]) => name);
    this.names.replaceChildren(...named.map(([name, seats]) => {
      const { width: room, ...place } = aboveOf(seats, this.pitch);
      const size = Math.max(0.9 * this.pitch, Math.min(unit, (1.4 * room) / name.length));
      return write(name, { ...place, y: place.y - size / 2 }, size, { class: "label section" });
    }));
    this.ground.replaceChildren(...(areas.length ? areas : [stage]).map(furniture));
    const boxes = [this.ground, this.names].map((group) => group.getBBox());
    // Drawings outside of the size of the plan must not make the hall small.
    const { size } = layout.plan ?? layout;
    if (size && areas.length) boxes[0] = overlapOf(boxes[0], { x: 0, y: 0, ...size });
    const corners = boxes.filter(({ width: w, height: h }) => w || h).flatMap((box) =>
      [{ x: box.x, y: box.y }, { x: box.x + box.width, y: box.y + box.height }]);
    // Room for the seats themselves and the labels of the rows.
    const edges = points.flatMap((point) => [
      { x: point.x - 1.6 * this.pitch, y: point.y - 0.5 * this.pitch },
      { x: point.x + 1.6 * this.pitch, y: point.y + 0.5 * this.pitch },
    ]);
    const all = extent([...corners, ...edges]);
    // A small hall need not fill the map.
    const wide = Math.max(all.width, 20 * this.pitch) + 2 * this.pitch;
    const corner = { x: all.left + all.width / 2 - wide / 2, y: all.top - this.pitch };
    this.view.show({ ...corner, width: wide, height: all.height + 2 * this.pitch });
  }

  // ---- Drawing what is in view

  get sizeOnScreen() {
    return this.pitch * this.view.scale;
  }

  draw() {
    if (!this.layer || !this.map.clientWidth) return; // A hidden hall has no size.
    const { scale, visible } = this.view;
    set(this.svg, { viewBox: [visible.x, visible.y, visible.width, visible.height].join(" ") });
    this.svg.classList.toggle("far", this.sizeOnScreen < FAR);
    this.svg.classList.toggle("numbered", this.sizeOnScreen >= NUMBERED);
    if (!this.isLarge) {
      if (!this.layer.shown.size) this.layer.show(this.seats);
      return;
    }
    const inView = this.seats.filter(({ x, y }) =>
      x > visible.x - this.pitch && x < visible.x + visible.width + this.pitch &&
      y > visible.y - this.pitch && y < visible.y + visible.height + this.pitch);
    const isDetailed = inView.length <= MAX_DRAWN && this.sizeOnScreen >= FAR;
    // The seat in the tab order is always an element.
    this.layer.show([...(isDetailed ? inView : []), ...(this.pointed ? [this.pointed] : [])]);
    if (isDetailed) this.dots.clear();
    else this.dots.draw(inView, visible, scale, this.pitch, this.lookOf);
  }

  // Bring the drawing up to date with `lookOf`.
  refresh() {
    if (this.isLarge) this.view.drawSoon();
    this.layer.refresh();
    this.list?.refresh();
    this.say(this.said);
  }

  zoom(factor, clientX, clientY) {
    this.view.zoom(factor, CLOSEST / this.pitch, clientX, clientY);
  }

  // Zoom in so that the seat nearest to the pointer is under it, and large enough for a finger.
  zoomTo({ clientX, clientY }) {
    const at = this.view.pointAt(clientX, clientY);
    const seat = nearest(this.seats, at);
    const isNear = seat && Math.hypot(seat.x - at.x, seat.y - at.y) < 3 * this.pitch;
    const factor = Math.max(3, (1.1 * TARGET) / SEAT / this.sizeOnScreen);
    this.view.zoom(factor, CLOSEST / this.pitch, clientX, clientY, isNear ? seat : at);
  }

  reveal(seat) {
    const { clientWidth, clientHeight } = this.map;
    if (this.sizeOnScreen < 14) {
      this.zoom(22 / this.sizeOnScreen);
      this.view.scrollTo(seat.x, seat.y, clientWidth / 2, clientHeight / 2);
    } else this.view.reveal(seat, 48);
  }

  // ---- Pointing and choosing

  isTooSmall({ pointerType = this.pressed?.pointerType }) {
    const size = this.sizeOnScreen;
    return pointerType === "touch" ? SEAT * size < TARGET : size < FAR;
  }

  say(seat) {
    this.said = seat;
    this.root.querySelector(".pointed").textContent = seat ? this.textOf(seat) : "";
  }

  // Only the seat that was pointed at last is in the tab order.
  point(seat) {
    if (!seat) return seat;
    const before = this.pointed;
    this.pointed = seat;
    if (!seat.element?.isConnected) this.draw();
    before?.element?.setAttribute("tabindex", -1);
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
    const ends = [this.pressed, event].map(({ clientX, clientY }) =>
      this.view.pointAt(clientX, clientY));
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
    const next = ends[key] ||
      (arrows[key] && neighbour(this.seats, seat, arrows[key], this.pitch));
    if (next) {
      this.reveal(next);
      this.point(next).element.focus({ preventScroll: true });
    } else if (key === " " || key === "Enter") this.onChoose(seat);
    else if (key in zooms) this.zoom(zooms[key]);
    else return;
    event.preventDefault();
  }

  // Entries are `[fill, …texts and nodes]`. Special seats are added to them.
  drawLegend(entries) {
    const special = Object.keys(OUTLINES).filter((name) => this.special.has(name));
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
