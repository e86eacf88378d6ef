// The panel that chooses a show.

import { byId, el, textIn } from "../shows/page.js";
import { call } from "./state.js";

// List yesterday's to tomorrow's shows that are not over.
export async function listShows(search, onChoose) {
  const day = (days) => new Date(Date.now() + days * 864e5).toISOString().slice(0, 10);
  const query = new URLSearchParams({
    include_past: "true", date_from: day(-1), date_to: day(1), ordering: "start_time", page_size: "100",
  });
  if (search) query.set("search", search);
  const { results } = await call("GET", `shows/?${query}`);
  const open = results.filter(({ end_time }) => new Date(end_time) > new Date());
  byId("shows").lastElementChild.replaceChildren(...open.map((show) => showButton(show, onChoose)));
  if (!open.length) throw new Error("No show of these days has that title.");
}

function showButton({ id, event, venue, screen, local_start_time }, onChoose) {
  const [day, clock] = local_start_time.split("T");
  const place = `${day} ${clock.slice(0, 5)} · ${venue.name}, ${screen.name}`;
  const onclick = () => onChoose(id);
  return el("li", {}, el("button", { type: "button", onclick }, event.title, textIn("small")(place)));
}
