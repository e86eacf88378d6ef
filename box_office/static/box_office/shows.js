// The panel with the shows of a day, by screen, with the seats that are left.

import { byId, countOf, el, textIn } from "../shows/page.js";
import { call, state, till } from "./state.js";

// The day at the venue, `days` from today: "2026-11-30".
export function dayAtVenue(days = 0) {
  const format = new Intl.DateTimeFormat("en-CA", { timeZone: state.venue.timezone });
  return format.format(new Date(Date.now() + days * 864e5));
}

export async function listShows() {
  const day = byId("day").value || dayAtVenue();
  byId("day").value = day;
  const next = new Date(Date.parse(day) + 864e5).toISOString().slice(0, 10);
  const query = new URLSearchParams({
    venue: state.venue.id, date_from: day, date_to: next, include_past: "true",
    ordering: "start_time", page_size: "100",
  });
  const { results } = await call("GET", `/api/shows/?${query}`);
  // A night goes on until six in the morning.
  const isOfDay = ({ local_start_time: start }) =>
    start.slice(0, 10) === day || (start.slice(0, 10) === next && start.slice(11, 13) < "06");
  const isSold = ({ end_time }) => new Date(end_time) > new Date();
  // Staff see drafts, which nobody can book yet.
  const isPublic = ({ publication, publish_at: at }) =>
    at ? new Date(at) <= new Date() : publication !== "draft";
  const shows = results.filter((show) => isOfDay(show) && isSold(show) && isPublic(show));
  byId("no-shows").hidden = Boolean(shows.length);
  const screens = Map.groupBy(shows, ({ screen }) => screen.name);
  const names = [...screens.keys()].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  byId("screens").replaceChildren(...names.map((name) =>
    el("section", {}, textIn("h2")(name), el("ul", {}, ...screens.get(name).map(showItem)))));
}

function showItem({ id, event, local_start_time: start, available_seats: free, total_seats: total }) {
  const left = free ? `${countOf(free, "seat")} of ${total} left` : "Sold out";
  const button = { type: "button", className: free ? "show" : "show full" };
  const onclick = () => till.act(() => till.open("sale", id));
  return el("li", {}, el("button", { ...button, onclick },
    textIn("strong")(start.slice(11, 16)), textIn("span")(event.title), textIn("small")(left)));
}
