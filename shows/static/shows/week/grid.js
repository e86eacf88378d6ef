// The drawing of a week: for each day a row for each screen, with the shows by time.

import { countOf, el, joined } from "../page.js";
import { midnightOf, nameOf, rounded, timeOf } from "./clock.js";
import { may } from "./server.js";

const DRAG_STEP = 5;
const DRAG_BEGINS = 5; // Pixels that the pointer moves before a click becomes a drag.

export class Grid {
  // `actions` has add(screen, start), open(show), drop(show, screen, start), and copyDay(day).
  constructor(root, actions) {
    this.root = root;
    this.actions = actions;
    this.ghost = el("div", { className: "week-ghost", hidden: true }, el("span"));
    root.addEventListener("pointerdown", (event) => this.#press(event));
    root.addEventListener("click", (event) => this.#click(event));
  }

  draw(week) {
    const isSame = this.week?.first === week.first && this.week?.venue === week.venue;
    this.week = week;
    Object.assign(this, week.span);
    this.tracks = [];
    this.root.style.setProperty("--hours", (this.to - this.from) / 60);
    const place = this.root.scrollTop;
    this.root.replaceChildren(this.#hours(), ...week.days.map((day) => this.#day(day)));
    this.root.scrollTop = isSame ? place : this.#topOfToday();
  }

  #topOfToday() {
    const today = this.root.querySelectorAll(".week-day")[this.week.days.indexOf(this.week.today)];
    return today ? today.offsetTop - this.root.firstChild.offsetHeight : 0;
  }

  // Draw where a show would be. `clash` is the show in its way, if any.
  show(screen, start, end, freeFrom, clash) {
    const track = this.tracks.find((each) => each.screen === screen && each.begin <= start && start < each.end);
    this.ghost.hidden = !track;
    if (!track) return;
    track.node.append(this.ghost);
    this.#place(this.ghost, start, freeFrom, track.day);
    this.ghost.style.setProperty("--cleaning", `${(100 * (freeFrom - end)) / (freeFrom - start)}%`);
    this.ghost.classList.toggle("clash", Boolean(clash));
    this.ghost.firstChild.textContent = clash ? `${timeOf(start)} overlaps ${clash.title}` : timeOf(start);
  }

  hideGhost() {
    this.ghost.hidden = true;
  }

  focusOn(id) {
    this.root.querySelector(`[data-show="${id}"]`)?.focus();
  }

  #hours() {
    const marks = [];
    for (let minutes = this.from; minutes < this.to; minutes += 60) {
      marks.push(el("span", { textContent: timeOf(minutes) }));
    }
    return el("div", { className: "week-hours", ariaHidden: "true" }, el("b"), el("div", {}, ...marks));
  }

  #day(day) {
    const { week } = this;
    const past = day < week.today;
    const heading = el("h2", { textContent: nameOf(day) + (day === week.today ? " (today)" : "") });
    const tools = [];
    if (may("schedule") && week.shows.some((show) => week.dayOfShow(show) === day)) {
      const label = `Copy day: ${nameOf(day, "long")}`;
      tools.push(el("button", { type: "button", className: "copy-day", textContent: "Copy day", ariaLabel: label }));
      tools[0].dataset.day = day;
    }
    const rows = week.screens.map((screen) => this.#row(day, screen));
    const className = `week-day${past ? " past" : ""}`;
    return el("section", { className }, el("div", { className: "week-head" }, heading, ...tools), ...rows);
  }

  #row(day, screen) {
    const name = el("span", { textContent: screen.name, title: screen.name });
    const label = el("div", { className: "week-label" }, name);
    if (may("schedule")) {
      const ariaLabel = `Add a show, ${nameOf(day, "long")}, ${screen.name}`;
      const add = el("button", { type: "button", className: "add", textContent: "+", ariaLabel, title: ariaLabel });
      Object.assign(add.dataset, { day, screen: screen.id });
      label.append(add);
    }
    const shows = this.week.on(day, screen.id);
    const node = el("div", { className: "week-track" });
    node.append(...shows.flatMap((show) => this.#show(show, day)));
    const begin = midnightOf(day) + this.week.startsAt;
    this.tracks.push({ node, day, screen: screen.id, begin, end: begin + 1440 });
    return el("div", { className: "week-row" }, label, node);
  }

  #show(show, day) {
    const { title, start, end, freeFrom, booked, total, format, publication } = show;
    const state = publication === "public" ? "" : publication;
    const short = joined(timeOf(start), format, state, booked ? `${booked}/${total}` : "");
    // A voice control hears what is seen, so the name begins with the visible text.
    const name = `${title} ${joined(short, `until ${timeOf(end)}`, this.week.nameOf(show.screen), nameOf(day, "long"))}`;
    const button = el(
      "button",
      {
        type: "button",
        className: `week-show${state ? ` ${state}` : ""}`,
        title: joined(name, `${booked} of ${countOf(total, "seat")} booked`),
      },
      el("b", { textContent: title }),
      " ",
      el("span", { textContent: short }),
    );
    button.setAttribute("aria-label", button.title);
    button.dataset.show = show.id;
    button.style.setProperty("--hue", (show.event * 137) % 360);
    const cleaning = el("div", { className: "week-cleaning", title: "Cleaning" });
    this.#place(button, start, end, day);
    this.#place(cleaning, end, freeFrom, day);
    return freeFrom > end ? [button, cleaning] : [button];
  }

  #place(node, start, end, day) {
    const first = midnightOf(day) + this.from;
    const all = this.to - this.from;
    node.style.left = `${(100 * (start - first)) / all}%`;
    node.style.width = `${(100 * (end - start)) / all}%`;
  }

  #trackAt(x, y) {
    const under = document.elementsFromPoint(x, y);
    return this.tracks.find(({ node }) => under.includes(node));
  }

  #minutesAt({ node, day }, x) {
    const { left, width } = node.getBoundingClientRect();
    return midnightOf(day) + this.from + ((x - left) / width) * (this.to - this.from);
  }

  #click(event) {
    const { target } = event;
    // The browser ends a drag with a click on what its two ends share. A key's click has no detail.
    if (this.dragged && event.detail) return;
    const button = target.closest("button");
    if (button?.dataset.show) this.actions.open(this.#byId(button.dataset.show));
    else if (button?.matches(".add")) {
      const { day, screen } = button.dataset;
      this.actions.add(Number(screen), this.week.nextStart(day, Number(screen)));
    } else if (button?.matches(".copy-day")) this.actions.copyDay(button.dataset.day);
    else if (target.matches(".week-track") && may("schedule")) {
      const track = this.#trackAt(event.clientX, event.clientY);
      const wanted = this.#minutesAt(track, event.clientX);
      this.actions.add(track.screen, this.week.startNear(track.screen, wanted));
    }
  }

  #byId(id) {
    return this.week.shows.find((show) => show.id === Number(id));
  }

  // A finger scrolls the rows. Its way to move a show is the form.
  #press(event) {
    this.dragged = false;
    const block = event.target.closest(".week-show");
    if (!block || event.button || event.pointerType === "touch" || !may("change")) return;
    const show = this.#byId(block.dataset.show);
    const grip = event.clientX - block.getBoundingClientRect().left;
    let place = null;
    const over = (moved) => {
      const far = Math.hypot(moved.clientX - event.clientX, moved.clientY - event.clientY);
      if (!this.dragged && far < DRAG_BEGINS) return;
      this.dragged = true;
      block.classList.add("dragged");
      const track = this.#trackAt(moved.clientX, moved.clientY);
      place = track && { screen: track.screen, start: rounded(this.#minutesAt(track, moved.clientX - grip), DRAG_STEP) };
      if (!place) return this.hideGhost();
      const { end, freeFrom } = moveTo(show, place.start);
      this.show(place.screen, place.start, end, freeFrom, this.week.inTheWay(place.screen, place.start, freeFrom, show.id));
    };
    const done = (released) => {
      for (const [name, listener] of listeners) document.removeEventListener(name, listener);
      block.classList.remove("dragged");
      if (!this.dragged) return;
      this.hideGhost();
      const isMoved = place && (place.screen !== show.screen || place.start !== show.start);
      if (released.type === "pointerup" && isMoved) this.actions.drop(show, place.screen, place.start);
    };
    const escaped = (pressed) => pressed.key === "Escape" && done(pressed);
    const listeners = [["pointermove", over], ["pointerup", done], ["pointercancel", done], ["keydown", escaped]];
    for (const [name, listener] of listeners) document.addEventListener(name, listener);
    event.preventDefault();
    block.focus();
  }
}

// The times of a show that begins at another time.
export const moveTo = ({ start, end, freeFrom }, newStart) => ({
  end: end + newStart - start,
  freeFrom: freeFrom + newStart - start,
});
