// The list of shows with its filters.

import { get } from "./api.js";
import { byId, complain, countOf, el, joined, localTime, money, option, textIn } from "./page.js";

const asked = new URLSearchParams(location.search);
const form = byId("filters");

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const chosen = [...new FormData(form)].filter(([, value]) => value);
  location.search = new URLSearchParams(chosen);
});

form.inert = false;

async function listFilters() {
  const paths = ["/api/events/genres/", "/api/venues/?page_size=100"];
  const [genres, venues] = await Promise.all(paths.map((path) => get(path).catch(() => [])));
  const fields = form.elements;
  fields.genre.append(...(genres.results || genres).map((genre) => option(genre.name || genre)));
  const places = venues.results || [];
  fields.venue.append(...places.map(({ id, name, city }) => option(id, `${name}, ${city}`)));
  const cities = new Set(places.map(({ city }) => city));
  byId("cities").append(...[...cities].map((city) => option(city)));
  for (const [name, value] of asked) {
    if (fields[name]?.type === "checkbox") fields[name].checked = value === "true";
    else if (fields[name]) fields[name].value = value;
  }
}

function listShows({ count, next, previous, results }) {
  byId("count").textContent = count ? countOf(count, "show") : "No shows match.";
  byId("results").replaceChildren(...[...results].sort(inOrder).map(showCard));
  const languages = new Set(results.map(({ language }) => language));
  byId("languages").append(...[...languages].map((language) => option(language)));
  const page = Number(asked.get("page") || 1);
  const link = (textContent, number) => {
    const query = new URLSearchParams([...asked].filter(([name]) => name !== "page"));
    return el("a", { href: `?${query}&page=${number}`, textContent });
  };
  const earlier = previous && link("Earlier", page - 1);
  const later = next && link("Later", page + 1);
  if (earlier || later) byId("pages").append(...[earlier, `Page ${page}`, later].filter(Boolean));
}

// Shows that can be booked come first. Both groups are sorted by the time at the venue.
const canBook = ({ on_sale, available_seats }) => on_sale && available_seats > 0;
const wallTime = ({ local_start_time }) => local_start_time.slice(0, 16);

function inOrder(one, other) {
  if (canBook(one) !== canBook(other)) return canBook(one) ? -1 : 1;
  return wallTime(one) < wallTime(other) ? -1 : 1;
}

function showCard(show) {
  const { event, venue, screen, prices, currency, language, format } = show;
  const amounts = Object.values(prices).flatMap((price) => price.at ? price : Object.values(price));
  const [lowest, ...higher] = amounts.sort((one, other) => Number(one) - Number(other));
  const isRange = higher.length > 0 && Number(higher.at(-1)) > Number(lowest);
  const price = lowest && (isRange ? "from " : "") + money(lowest, currency);
  const left = show.available_seats ? `${countOf(show.available_seats, "seat")} left` : "Sold out";
  const facts = joined(event.kind, language, format, price, show.on_sale ? left : "Not on sale");
  const texts = [localTime(show), joined(`${venue.name}, ${venue.city}`, screen.name), facts];
  const title = el("a", { href: `/shows/${show.id}/`, textContent: event.title });
  return el("li", {}, title, ...texts.map(textIn("p")));
}

listFilters();
get(`/api/shows/?${asked}${asked.has("page_size") ? "" : "&page_size=60"}`).then(listShows, (problem) => {
  byId("count").textContent = "";
  complain(problem);
});
