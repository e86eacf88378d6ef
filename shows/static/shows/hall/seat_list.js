// A list of seats by row, for halls of which only a part is drawn: for screen readers, and for
// everyone who prefers a list.

import { el, option } from "../page.js";
import { rowLabel, rowName } from "./names.js";

export class SeatList {
  constructor(root, lines, { lookOf, textOf, onChoose }) {
    Object.assign(this, { root, lines, lookOf, textOf, onChoose });
    root.hidden = false;
    this.rows = root.querySelector("select");
    this.seats = root.querySelector("ul");
    root.addEventListener("toggle", () => this.open());
    this.rows.onchange = () => this.list();
  }

  open() {
    if (!this.root.open || this.rows.length) return;
    const sections = Map.groupBy(this.lines, ({ seats: [{ section }] }) => section);
    for (const [section, lines] of sections) {
      const options = lines.map((line) =>
        option(this.lines.indexOf(line), section ? rowLabel(line.seats[0]) : rowName(line.seats[0])));
      this.rows.append(...(section ? [el("optgroup", { label: section }, ...options)] : options));
    }
    this.list();
  }

  list() {
    const line = this.lines[this.rows.value];
    this.boxes = line.seats.map((seat) => {
      const box = el("input", { type: "checkbox", onchange: () => this.onChoose(seat) });
      return { seat, box, text: el("span"), look: null };
    });
    this.seats.setAttribute("aria-label", rowName(line.seats[0]));
    this.seats.replaceChildren(...this.boxes.map(({ box, text }) =>
      el("li", {}, el("label", { className: "check" }, box, text))));
    this.refresh();
  }

  refresh() {
    for (const entry of this.boxes || []) {
      const look = this.lookOf(entry.seat);
      entry.box.checked = look === "chosen";
      entry.box.disabled = !["chosen", "free"].includes(look);
      if (look !== entry.look) entry.text.textContent = this.textOf(entry.seat);
      entry.look = look;
    }
  }
}
