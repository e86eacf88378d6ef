// Short forms for what a programme needs first: a film, a hall, a venue.

import { el, joined } from "../page.js";
import { filmAdded } from "./add_show.js";
import { field, input, openPanel } from "./panel.js";
import { send } from "./server.js";

export function newFilm(page) {
  const fields = [
    field("Title", input("title", { maxLength: 300, autocomplete: "off" })),
    field("Minutes", input("minutes", { type: "number", min: 1, max: 6000 })),
    el("div", { className: "week-pair" },
      field("Language", input("language", { required: false, maxLength: 50 })),
      field("Age rating", input("certificate", { required: false, maxLength: 20 }))),
    el("label", { className: "week-check" }, input("published", { type: "checkbox", checked: true, required: false }), "Published"),
  ];
  openPanel("New film", fields, {
    button: "Add film",
    async submit({ title, minutes, language, certificate, published }) {
      const film = await send("POST", "/api/events/", {
        kind: "movie",
        title: title.value.trim(),
        duration_minutes: minutes.valueAsNumber,
        language: language.value.trim(),
        certificate: certificate.value.trim(),
        is_published: published.checked,
      });
      filmAdded(film);
      page.say(`${film.title} was added.`);
      newFilm(page); // Films come in numbers.
    },
  });
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const rowName = (number) => (number < 26 ? LETTERS[number] : LETTERS[Math.floor(number / 26) - 1] + LETTERS[number % 26]);

export function newHall(page) {
  const count = page.week ? page.week.screens.length : 0;
  const fields = [
    field("Name", input("name", { value: `Hall ${count + 1}`, maxLength: 100 })),
    el("div", { className: "week-pair" },
      field("Rows", input("rows", { type: "number", min: 1, max: 100, value: 10 })),
      field("Seats a row", input("seats", { type: "number", min: 1, max: 100, value: 12 }))),
    field("Category", input("category", { value: "Standard", maxLength: 50 }), "Aisles, other categories and wheelchair places come later, on the page of the hall."),
  ];
  const form = openPanel("New hall", fields, {
    button: "Add hall",
    async submit({ name, rows, seats, category }) {
      const screens = `/api/venues/${page.venue}/screens/`;
      const screen = await send("POST", screens, { name: name.value.trim() });
      const plan = [...Array(rows.valueAsNumber).keys()].map((number) => ({
        row: rowName(number),
        seats: seats.valueAsNumber,
        category: category.value.trim(),
      }));
      await send("PUT", `${screens}${screen.id}/layout/`, { rows: plan });
      page.done(`${screen.name} was added.`);
    },
  });
  form.name.select();
}

export function newVenue(page) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const country = input("country", { maxLength: 2, size: 3, pattern: "[A-Za-z]{2}", placeholder: "IN" });
  const timezone = input("timezone", { value: zone });
  country.setAttribute("list", "countries");
  timezone.setAttribute("list", "zones");
  const fields = [
    field("Name", input("name", { maxLength: 200, autocomplete: "off" })),
    el("div", { className: "week-pair" },
      field("City", input("city", { maxLength: 100 })),
      field("Country", country)),
    field("Time zone", timezone),
    field("Minutes of cleaning after a show", input("cleaning", { type: "number", min: 0, max: 1440, value: 15 })),
  ];
  openPanel("New venue", fields, {
    button: "Add venue",
    async submit({ name, city, country: code, timezone: where, cleaning }) {
      const venue = await send("POST", "/api/venues/", {
        name: name.value.trim(),
        city: city.value.trim(),
        country: code.value.toUpperCase(),
        timezone: where.value.trim(),
        cleaning_minutes: cleaning.valueAsNumber,
      });
      page.venueAdded(venue.id, joined(venue.name, venue.city));
    },
  });
}
