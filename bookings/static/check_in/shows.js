// The panel that chooses a venue and a show.

import { byId, el, option, textIn } from "../shows/page.js";
import { call, stored } from "./state.js";

const MAX_PAGES = 20;

export const venue = () => stored.get("venue") ?? "";

// Fill the list of venues. The choice is kept for the next time.
export async function listVenues() {
  const select = byId("venue");
  const venues = [];
  let next = "venues/?ordering=name&page_size=100";
  for (let page = 0; next && page < MAX_PAGES; page++) {
    const answer = await call("GET", next);
    venues.push(...answer.results);
    next = answer.next?.slice(answer.next.indexOf("/api/") + "/api/".length);
  }
  const options = venues.map(({ id, name, city }) => option(String(id), `${name}, ${city}`));
  select.replaceChildren(option("", "All venues"), ...options);
  select.value = venues.some(({ id }) => String(id) === venue()) ? venue() : "";
}

export function chooseVenue(id) {
  stored.set("venue", id);
}

// The shows of the venue that are not over and begin within a day, with how many are in.
export async function showsAtDoors() {
  const query = venue() ? `?venue=${venue()}` : "";
  return (await call("GET", `bookings/check-in/shows/${query}`)).results;
}

// List the shows whose title has a text.
export async function listShows(search, onChoose) {
  const wanted = search.toLowerCase();
  const found = (await showsAtDoors()).filter(({ title }) => title.toLowerCase().includes(wanted));
  byId("shows").lastElementChild.replaceChildren(...found.map((show) => showButton(show, onChoose)));
  byId("none").hidden = Boolean(found.length);
}

function showButton({ id, title, venue: name, screen, local_start_time, expected, checked_in }, onChoose) {
  const [day, clock] = local_start_time.split("T");
  const place = `${day} ${clock.slice(0, 5)} · ${name}, ${screen} · ${checked_in} of ${expected} in`;
  const onclick = () => onChoose(id);
  return el("li", {}, el("button", { type: "button", onclick }, title, textIn("small")(place)));
}
