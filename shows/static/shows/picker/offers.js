// The panel with other seats and other shows, after a refusal.

import { get } from "../api.js";
import { inFrame } from "../frames.js";
import { namesOf } from "../hall/names.js";
import { byId, el, joined, localTime, sum } from "../page.js";
import { page, priced, seatsOf, state } from "./state.js";

// Offer groups of seats of this show, and other shows of the day. Without either, look for shows.
export async function offer(groups, otherShows = []) {
  const buttons = groups.map((ids) => {
    const group = seatsOf(ids);
    const categories = [...new Set(group.map(({ category }) => category))].join(", ");
    const price = priced(sum(group.map((seat) => seat.price)));
    const textContent = joined(namesOf(group), categories, price);
    return el("button", { type: "button", textContent, onclick: () => page.choose(ids) });
  });
  const others = buttons.length || otherShows.length ? otherShows : await findShows();
  const links = others.map((other) => {
    const href = inFrame(`/shows/${other.show}/`, { seats: other.seat_ids || "" });
    return el("a", { href, textContent: localTime(state.show, other.start_time) });
  });
  byId("offers").querySelector("div").replaceChildren(...buttons, ...links);
  byId("offers").hidden = !buttons.length && !links.length;
}

async function findShows() {
  const { id, event, venue, local_start_time } = state.show;
  const day = { date: local_start_time.slice(0, 10), event: event.id, venue: venue.id };
  const query = new URLSearchParams({ ...day, available: "true" });
  const { results } = await get(`/api/shows/?${query}`).catch(() => ({ results: [] }));
  const others = results.filter((other) => other.id !== id && other.on_sale);
  return others.map((other) => ({ show: other.id, start_time: other.start_time }));
}
