// A show of the week: its facts, its pages, and a form that moves it.

import { countOf, el, joined, option } from "../page.js";
import { addDays, dayOf, nameOf, onDay, timeOf, wallOf } from "./clock.js";
import { moveTo } from "./grid.js";
import { field, input, openPanel, say, select } from "./panel.js";
import { listPath, may, move } from "./server.js";

const link = (path, textContent) => el("a", { href: `${listPath}${path}`, textContent });

export function openShow(page, show, wanted = {}) {
  const { week, grid } = page;
  const { screen = show.screen, start = show.start } = wanted;
  const facts = joined(
    `${timeOf(show.start)} to ${timeOf(show.end)}`, week.nameOf(show.screen), show.format,
    show.publication !== "public" && show.publication, `${show.booked} of ${countOf(show.total, "seat")} booked`,
  );
  const links = el("p", { className: "week-links" },
    link(`${show.id}/change/`, "Open the show"), link(`${show.id}/hall/`, "Seats"),
    ...(may("delete") && !show.has_bookings ? [link(`${show.id}/delete/`, "Delete")] : []));
  const days = [...new Set([...week.days, dayOf(start, week.startsAt), addDays(week.first, 7)])].sort();
  const effects = el("div", { className: "week-said" });
  effects.setAttribute("role", "status");
  const fields = [el("p", { textContent: facts }), links];
  if (may("change")) {
    fields.push(
      el("div", { className: "week-pair" },
        field("Day", select("day", days.map((day) => option(day, nameOf(day))), dayOf(start, week.startsAt))),
        field("Start", input("time", { type: "time", value: timeOf(start), step: 300 }))),
      field("Hall", select("screen", week.screens.map(({ id, name }) => option(id, name)), screen)),
      effects,
    );
  }
  const options = may("change") ? { submit, button: "Move" } : {};
  const form = openPanel(show.title, fields, { ...options, onClose: () => grid.hideGhost() });
  let rehearsed = null;
  if (!may("change")) return;
  for (const name of ["day", "time", "screen"]) form[name].addEventListener("input", check);
  check();

  function target() {
    const newStart = onDay(form.day.value, form.time.value || timeOf(show.start), week.startsAt);
    return { start: newStart, screen: Number(form.screen.value) };
  }

  function check() {
    const place = target();
    const { end, freeFrom } = moveTo(show, place.start);
    const isMoved = place.start !== show.start || place.screen !== show.screen;
    rehearsed = null;
    form.querySelector("button.default").textContent = show.has_bookings ? "See what happens" : "Move";
    form.querySelector("button.default").disabled = !isMoved;
    say(form);
    if (!isMoved) {
      effects.textContent = "";
      return grid.hideGhost();
    }
    const clash = week.inTheWay(place.screen, place.start, freeFrom, show.id);
    grid.show(place.screen, place.start, end, freeFrom, clash);
    effects.classList.toggle("refused", Boolean(clash));
    effects.textContent = clash
      ? `“${clash.title}” is there from ${timeOf(clash.start)}, and the hall is free from ${timeOf(clash.freeFrom)}.`
      : `Ends at ${timeOf(end)}.`;
  }

  // A show with bookings is moved after a look at the effects.
  async function submit() {
    const place = target();
    if (show.has_bookings && !rehearsed) {
      rehearsed = await moveShow(show, place, { dry_run: true });
      effects.replaceChildren(...effectsOf(rehearsed).map((textContent) => el("p", { textContent })));
      form.querySelector("button.default").textContent = "Move and tell the customers";
      return;
    }
    await moveShow(show, place);
    page.done(movedText(show, place, page.week), show.id);
  }
}

function effectsOf({ reseated = [], unblocked = [] }) {
  const count = new Set(reseated.map(({ booking }) => booking)).size;
  const seats = reseated.slice(0, 12).map(({ from, to }) => `${labelOf(from)} to ${labelOf(to)}`);
  return [
    "Everyone with a booking gets a mail with the new time and place.",
    reseated.length
      ? `${countOf(count, "booking")} with other seats: ${seats.join(", ")}${reseated.length > 12 ? " …" : ""}.`
      : "All seats stay the same.",
    ...(unblocked.length ? [`${countOf(unblocked.length, "house seat")} are no longer blocked.`] : []),
  ];
}

const labelOf = (seat) => (typeof seat === "string" ? seat : `${seat.row ?? ""}${seat.number ?? ""}`);

export const movedText = ({ title }, { screen, start }, week) =>
  `${title}: moved to ${nameOf(dayOf(start, week.startsAt))}, ${timeOf(start)}, ${week.nameOf(screen)}.`;

// Move a show, or rehearse it with `dry_run`.
export function moveShow(show, { screen, start }, options) {
  const change = { ...options };
  if (start !== show.start) change.start_time = wallOf(start);
  if (screen !== show.screen) change.screen = screen;
  return move(show, change);
}
