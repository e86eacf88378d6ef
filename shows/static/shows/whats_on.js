// The programme: the films of one day at one place, with their shows as buttons.

import { get } from "./api.js";
import { isFramed } from "./frames.js";
import { byId, complain, el, joined, option, textIn } from "./page.js";
import { nearestPlace, placeOptions, placeQuery, remember, venuesIn, wantedPlace } from "./places.js";
import { showPoster } from "./posters.js";
import { dayIn, dayName, showRows, VERSIONS } from "./showtimes.js";
import { plural, t } from "./texts.js";

const DAYS = 7;
const form = byId("filters");
const { place: placeField, genre: genreField, date: dateField } = form.elements;
const asked = () => new URLSearchParams(location.search);
let venues = [];
let drawn = ""; // The query whose programme is drawn.

async function start() {
  // The visitor's place is known from the last visit: then both requests go at once.
  const wanted = wantedPlace(asked());
  const early = wanted && asked().has("date") ? films(wanted, asked().get("date")) : null;
  early?.catch(() => {});
  venues = (await get("/api/venues/?page_size=100")).results;
  if (!venues.length) return (byId("count").textContent = t("There are no shows yet."));
  placeField.append(...placeOptions(venues));
  form.inert = false;
  fill();
  await list(wanted === place() ? early : null);
}

// The place that is shown: a known one.
function place() {
  const wanted = wantedPlace(asked());
  return venuesIn(venues, wanted).length ? wanted : nearestPlace(venues);
}

const zone = () => venuesIn(venues, place())[0].timezone;
const today = () => dayIn(zone());
const day = () => asked().get("date") || today();

function fill() {
  drawn = location.search;
  const values = asked();
  for (const field of form.elements) {
    if (field.type === "checkbox") field.checked = values.has(field.name);
    else if (field.name && field.tagName !== "BUTTON") field.value = values.get(field.name) || "";
  }
  placeField.value = place();
  // A city with one venue is no choice of its own.
  if (!placeField.value) placeField.value = `venue:${venuesIn(venues, place())[0].id}`;
  byId("days").replaceChildren(...days());
}

function days() {
  const first = Date.parse(`${today()}T12:00:00Z`);
  const all = Array.from({ length: DAYS }, (_, number) =>
    new Date(first + number * 86_400_000).toISOString().slice(0, 10));
  if (!all.includes(day())) all.push(day());
  return all.map((date) => {
    const query = asked();
    query.set("date", date);
    const name = date === today() ? t("Today") : dayName(date, { weekday: "short" });
    const link = el("a", { href: `?${query}` }, textIn("span")(name),
      textIn("small")(dayName(date, { day: "numeric", month: "short" })));
    if (date === day()) link.setAttribute("aria-current", "date");
    return link;
  });
}

const FILTERS = ["search", "kind", "genre", "language"];

function films(at, date) {
  const query = new URLSearchParams({ expand: "shows", page_size: 100, ...placeQuery(at), date });
  for (const name of FILTERS) if (asked().get(name)) query.set(name, asked().get(name));
  return get(`/api/events/?${query}`);
}

const canBook = ({ on_sale, available_seats }) => on_sale && available_seats > 0;
const askedVersions = () => Object.keys(VERSIONS).filter((name) => asked().has(name));
const isWanted = (show) =>
  (!asked().has("available") || canBook(show)) && askedVersions().every((name) => show[name]);

async function list(early) {
  complain();
  const [at, date] = [place(), day()];
  try {
    const { results } = await (early || films(at, date));
    if (at !== place() || date !== day()) return; // Another choice was faster.
    const shown = results.map((film) => ({ ...film, shows: film.shows.filter(isWanted) }))
      .filter(({ shows }) => shows.length)
      .sort((one, other) => (one.shows[0].start_time < other.shows[0].start_time ? -1 : 1));
    byId("results").replaceChildren(...shown.map(card));
    byId("count").textContent = joined(dayName(date), shown.length
      ? plural(shown.length, "{count} film", "{count} films") : t("No shows match."));
    if (!shown.length) await offerNextDay(at, date);
  } catch (problem) {
    byId("results").replaceChildren();
    byId("count").textContent = "";
    complain(problem);
  }
}

function card(film) {
  const href = `/films/${film.slug}/`;
  // A film's page is not shown in frames.
  const target = isFramed ? "_blank" : "";
  const poster = el("a", { href, target, className: "poster", tabIndex: -1 });
  poster.setAttribute("aria-hidden", "true");
  showPoster(poster, film);
  const minutes = t("{minutes} min", { minutes: film.duration_minutes });
  const facts = joined(film.certificate, minutes, film.genres.join(", "));
  const rows = showRows(film.shows, { isNamed: venuesIn(venues, place()).length > 1 });
  return el("li", {}, poster, el("div", {},
    el("h2", {}, el("a", { href, target, textContent: film.title })), textIn("p")(facts), ...rows));
}

// The next day with a show in the wanted versions at this place.
async function offerNextDay(at, date) {
  const query = new URLSearchParams({ ...placeQuery(at), date_from: date, page_size: 1, ordering: "start_time" });
  for (const name of askedVersions()) query.set(name, true);
  const { results } = await get(`/api/shows/?${query}`).catch(() => ({ results: [] }));
  if (!results.length || date !== day()) return;
  const next = results[0].local_start_time.slice(0, 10);
  if (next === date) return;
  const link = asked();
  link.set("date", next);
  byId("results").replaceChildren(el("li", { className: "next" },
    el("a", { href: `?${link}`, textContent: t("Next shows: {day}", { day: dayName(next) }) })));
}

// Show another choice, without loading the page again.
function go(query) {
  history.pushState(null, "", `?${query}`);
  fill();
  list();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const query = new URLSearchParams(isFramed ? [["embed", asked().get("embed")]] : []);
  for (const [name, value] of new FormData(form)) if (value && name !== "place") query.set(name, value);
  if (!dateField.value && asked().has("date")) query.set("date", day());
  for (const [name, value] of Object.entries(placeQuery(placeField.value))) query.set(name, value);
  remember(placeField.value);
  go(query);
});
placeField.addEventListener("change", () => form.requestSubmit());

for (const box of [byId("days"), byId("results")]) {
  box.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    const isOwn = link?.getAttribute("href").startsWith("?");
    if (!isOwn || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const { search } = link;
    go(new URLSearchParams(search));
    byId("days").querySelector("[aria-current]").focus();
  });
}
addEventListener("popstate", () => {
  if (location.search === drawn) return; // A link within the page, such as "Skip to the content".
  fill();
  list();
});

// Genres are read when somebody wants to choose one.
form.querySelector("details").addEventListener("toggle", async () => {
  if (genreField.length > 1) return;
  const genres = await get("/api/events/genres/").catch(() => ({ results: [] }));
  genreField.append(...genres.results.map(({ name }) => option(name)));
  genreField.value = asked().get("genre") || "";
});

start().catch(complain);
