// Shows as buttons with their times, grouped by place.

import { now } from "./api.js";
import { inFrame } from "./frames.js";
import { el, joined, textIn } from "./page.js";
import { locale, t } from "./texts.js";

const FEW = 0.1; // The share of free seats below which few are left.

// The versions of a show for people with other needs, by the names of the API.
export const VERSIONS = {
  captions: t("Captions"),
  audio_description: t("Audio description"),
  signed: t("Sign language"),
  relaxed: t("Relaxed"),
};
const versionsOf = (show) => Object.keys(VERSIONS).filter((name) => show[name]).map((name) => VERSIONS[name]);

// The day of an instant in a time zone, as 2026-12-01.
export const dayIn = (timeZone, instant = now()) =>
  new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" }).format(instant);

// "Tuesday, 1 December". A day is read as the middle of it in UTC.
export function dayName(day, style = { weekday: "long", day: "numeric", month: "long" }) {
  const noon = new Date(`${day}T12:00:00Z`);
  return new Intl.DateTimeFormat(locale, { timeZone: "UTC", ...style }).format(noon);
}

export const timeOf = ({ local_start_time }) => local_start_time.slice(11, 16);

function stateOf({ on_sale, available_seats, total_seats, sales_open_at }) {
  if (sales_open_at && new Date(sales_open_at) > now()) return ["later", t("Not yet on sale")];
  if (!available_seats) return ["full", t("Sold out")];
  if (!on_sale) return ["closed", t("Not on sale")];
  return available_seats < FEW * total_seats ? ["few", t("Few left")] : ["free", ""];
}

function showButton(show, query) {
  const [state, text] = stateOf(show);
  const facts = joined(show.format, show.language, ...versionsOf(show), text);
  const time = el("time", { dateTime: show.local_start_time, textContent: timeOf(show) });
  const link = el("a", { href: inFrame(`/shows/${show.id}/`, query), className: `time ${state}` }, time, textIn("small")(facts));
  return el("li", {}, link);
}

// One row for each venue and screen. A single venue needs no name. `query` goes to the seat picker.
export function showRows(shows, { isNamed = true, query = {} } = {}) {
  const places = Map.groupBy(shows, ({ venue, screen }) =>
    joined(isNamed && `${venue.name}, ${venue.city}`, screen.name));
  return [...places].map(([name, members]) =>
    el("div", { className: "place" }, textIn("p")(name), el("ul", { className: "times" }, ...members.map((show) => showButton(show, query)))));
}
