// Where a visitor wants to go: a city or a venue. The browser remembers it.

import { el, option } from "./page.js";
import { t } from "./texts.js";

const KEY = "place";

// "city:Mumbai" or "venue:3", from the address or from the last visit.
export function wantedPlace(asked) {
  for (const name of ["venue", "city"]) {
    if (asked.has(name)) return `${name}:${asked.get(name)}`;
  }
  return localStorage.getItem(KEY) || "";
}

export const remember = (place) => localStorage.setItem(KEY, place);

// {city: "Mumbai"} or {venue: "3"}
export function placeQuery(place) {
  const [name, ...value] = place.split(":");
  return { [name]: value.join(":") };
}

// The venues of a place.
export function venuesIn(venues, place) {
  const { city, venue } = placeQuery(place);
  return venues.filter(({ id, city: at }) => (venue ? String(id) === venue : at === city));
}

// Guess the visitor's place: a venue in their time zone.
export function nearestPlace(venues) {
  const offsetOf = (timeZone) =>
    new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" }).format();
  const near = venues.find(({ timezone }) => offsetOf(timezone) === offsetOf());
  const { city, id } = near || venues[0];
  const isAlone = venues.filter((venue) => venue.city === city).length === 1;
  return isAlone ? `venue:${id}` : `city:${city}`;
}

// Options for cities with several venues, and for venues.
export function placeOptions(venues) {
  const cities = [...Map.groupBy(venues, ({ city }) => city)].sort();
  return cities.map(([city, members]) => el("optgroup", { label: city },
    ...(members.length > 1 ? [option(`city:${city}`, t("All of {city}", { city }))] : []),
    ...members.map(({ id, name }) => option(`venue:${id}`, name))));
}
