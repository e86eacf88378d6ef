// Seats as SVG elements, each of them a check box. In a large hall only those in view exist.

import { endsOf } from "./geometry.js";
import { rowLabel, rowName } from "./names.js";
import { inkOn, node, OUTLINES, outlineOf, set, write } from "./shapes.js";

export class SeatLayer {
  // `lookOf` and `textOf` say how a seat looks and what a screen reader says.
  constructor(seats, pitch, { lookOf, textOf }) {
    Object.assign(this, { pitch, lookOf, textOf, shown: new Set() });
    this.group = node("g", {});
    const rows = Map.groupBy(seats, ({ section, row }) => `${section}\n${row}`);
    for (const members of rows.values()) {
      const line = { seats: members, ends: endsOf(members, pitch) };
      members.forEach((seat) => (seat.line = line));
    }
    this.lines = [...rows.keys()].map((key) => rows.get(key)[0].line);
  }

  // Draw exactly these seats.
  show(seats) {
    const wanted = new Set(seats);
    const changed = new Set();
    for (const seat of wanted) if (!this.shown.has(seat)) changed.add(seat.line);
    for (const seat of this.shown) if (!wanted.has(seat)) changed.add(seat.line);
    this.shown = wanted;
    for (const line of changed) {
      const members = line.seats.filter((seat) => wanted.has(seat));
      if (!members.length) line.group.remove();
      else this.fill(line, members);
    }
    this.refresh();
  }

  fill(line, members) {
    line.group ??= node("g", { role: "group", "aria-label": rowName(line.seats[0]) });
    line.labels ??= line.ends.map((end) => {
      const hidden = { class: "label", "aria-hidden": true };
      return write(rowLabel(line.seats[0]), end, 0.6 * this.pitch, hidden);
    });
    line.bonds ??= this.bondsOf(line.seats);
    const elements = members.flatMap((seat) => (seat.drawing ??= this.draw(seat)));
    // Replacing a focused element would lose the focus.
    const focused = line.group.contains(document.activeElement) && document.activeElement;
    line.group.replaceChildren(...line.labels, ...line.bonds, ...elements);
    if (!line.group.isConnected) this.group.append(line.group);
    if (focused?.isConnected) focused.focus({ preventScroll: true });
  }

  // Seats that are sold as a pair are connected.
  bondsOf(seats) {
    const pairs = Map.groupBy(seats, ({ couple }) => couple);
    return [...pairs].filter(([couple]) => couple).map(([, pair]) => node("polyline", {
      points: pair.map(({ x, y }) => `${x} ${y}`), class: "bond", "stroke-width": 0.5 * this.pitch,
    }));
  }

  // A seat's elements: the check box and its number.
  draw(seat) {
    const [{ x, y, color }, r, outline] = [seat, 0.44 * this.pitch, OUTLINES[outlineOf(seat)]];
    const attributes = { role: "checkbox", tabindex: -1, color };
    const place = { d: outline, transform: `translate(${x} ${y}) scale(${r})` };
    seat.element = outline
      ? node("path", { ...place, ...attributes, "stroke-width": 0.1 })
      : node("circle", { cx: x, cy: y, r, ...attributes, "stroke-width": 0.1 * r });
    Object.assign(seat.element, { seat });
    const ink = { fill: inkOn(color), stroke: color, "aria-hidden": true };
    return [seat.element, write(seat.number, seat, 0.4 * this.pitch, { class: "number", ...ink })];
  }

  // Bring the seats that are drawn up to date.
  refresh() {
    for (const seat of this.shown) {
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
  }
}
