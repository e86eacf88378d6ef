// A film's page: its poster, and its shows by day and place.

import { get } from "./api.js";
import { byId, complain, el, textIn } from "./page.js";
import { placeOptions, remember, venuesIn, wantedPlace } from "./places.js";
import { showPoster } from "./posters.js";
import { dayName, showRows } from "./showtimes.js";
import { t } from "./texts.js";

const { event, title, slug, poster } = byId("film").dataset;
const select = byId("where").querySelector("select");
let shows = [];
let page = 0;

async function load() {
  page += 1;
  const query = new URLSearchParams({ event, ordering: "start_time", page_size: 100, page });
  const { results, next } = await get(`/api/shows/?${query}`);
  shows = [...shows, ...results];
  byId("more").hidden = !next;
  offerPlaces();
  list();
}

// Offer the places where the film is on. The last one that was chosen comes first.
function offerPlaces() {
  const venues = [...new Map(shows.map(({ venue }) => [venue.id, venue])).values()];
  const chosen = select.value || wantedPlace(new URLSearchParams(location.search));
  const everywhere = el("option", { value: "", textContent: t("Everywhere") });
  select.replaceChildren(everywhere, ...placeOptions(venues));
  select.value = venuesIn(venues, chosen).length ? chosen : "";
  byId("where").hidden = venues.length < 2;
}

function list() {
  const venues = shows.map(({ venue }) => venue);
  const ids = new Set(venuesIn(venues, select.value).map(({ id }) => id));
  const chosen = select.value ? shows.filter(({ venue }) => ids.has(venue.id)) : shows;
  const days = Map.groupBy(chosen, ({ local_start_time }) => local_start_time.slice(0, 10));
  byId("count").textContent = chosen.length ? "" : t("No shows to come.");
  byId("results").replaceChildren(...[...days].sort().map(([day, members]) =>
    el("section", {}, textIn("h3")(dayName(day)), ...showRows(members))));
}

showPoster(byId("poster"), { title, slug, poster_url: poster });
byId("where").addEventListener("submit", (event) => event.preventDefault());
select.addEventListener("change", () => {
  if (select.value) remember(select.value);
  list();
});
byId("more").addEventListener("click", () => load().catch(complain));
load().catch((problem) => {
  byId("count").textContent = "";
  complain(problem);
});
