// The drawing of a layout that is being changed: the hall of the seat picker, with the seats of a preview.

import { descriptionOf, Hall } from "../../shows/hall.js";

export class Drawing {
  constructor(root, onChoose) {
    Object.assign(this, { root, onChoose, seats: [], preview: null, hall: null });
  }

  show(preview, layout) {
    this.preview = preview;
    this.seats = preview.seats;
    return this.draw(layout);
  }

  // Draw the hall again. It stays where it was scrolled and zoomed to, and the focus on its seat.
  draw(layout) {
    const { level, map } = this.hall?.view ?? {};
    const [left, top] = [map?.scrollLeft, map?.scrollTop];
    const focused = this.root.contains(document.activeElement) && document.activeElement.seat?.id;
    const section = document.getElementById("hall-template").content.cloneNode(true);
    this.root.replaceChildren(section);
    const { seats, categories, areas } = this.preview;
    const copies = seats.map((seat) => ({ ...seat }));
    this.hall = new Hall(this.root.querySelector(".hall"), {
      lookOf: () => "free",
      textOf: descriptionOf,
      onChoose: (seat) => this.onChoose(this.seats[seat.id]),
      onArea: () => {},
    });
    const answers = [{ event: { kind: "movie" } }, { seats: copies, categories, areas }, layout];
    const paths = ["/api/shows/0/", "/api/shows/0/seats/", "/api/shows/0/layout/"];
    const get = async (path) => answers[paths.indexOf(path)];
    return this.hall.load(0, get).then(() => {
      const { hall } = this;
      hall.drawLegend(categories.map(({ name }, index) => [`url(#category-${index})`, name]));
      if (level > 1) {
        hall.view.level = level;
        hall.view.resize();
        hall.view.map.scrollTo(left, top);
        hall.draw();
      }
      if (focused !== false && focused !== undefined) hall.point(copies[focused])?.element.focus({ preventScroll: true });
    });
  }
}
