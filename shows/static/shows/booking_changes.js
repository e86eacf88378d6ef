// Changes of a booking. Customers cancel tickets, once the server has named the refund, or exchange
// them for other seats, which they choose on the plan of the show.

import { get } from "./api.js";
import { nameOf } from "./hall/names.js";
import { byId, el, joined, localTime, money, textIn } from "./page.js";
import { dayName, showRows } from "./showtimes.js";
import { t } from "./texts.js";

let booking;
let session;
let act;
let changed;

const path = (name) => `/api/bookings/${booking.id}/${name}`;

// The ticket ids that are ticked; none stands for all.
function chosen() {
  const boxes = [...byId("chosen").querySelectorAll("input")];
  const ids = boxes.filter(({ checked }) => checked).map(({ value }) => Number(value));
  return ids.length === boxes.length ? {} : { ticket_ids: ids };
}

// Offer the changes of a booking. `done(booking)` is called with the booking of a change.
export function offerChanges(of, { tickets, by, run, done }) {
  [booking, session, act, changed] = [of, by, run, done];
  const canChange = ["confirmed", "pending"].includes(booking.status);
  byId("change").hidden = !canChange;
  byId("exchange").hidden = !tickets.length || Date.parse(booking.exchange_until) < Date.now();
  byId("terms").textContent = termsOf(booking).join(" ");
  byId("chosen").hidden = tickets.length < 2;
  byId("chosen").querySelector("div").replaceChildren(...tickets.map((ticket) => {
    const box = el("input", { type: "checkbox", value: ticket.id, checked: true, onchange: keep });
    const seat = booking.seats.find(({ seat_id }) => seat_id === ticket.seat_id) || ticket;
    return el("label", { className: "check" }, box, nameOf(seat));
  }));
  keep();
}

function termsOf({ refund_rules: rules = [], show_details: show }) {
  return rules.map(({ hours, percent }) => {
    const until = new Date(Date.parse(show.start_time) - Number(hours) * 3_600_000).toISOString();
    return t("{percent} % back until {time}.", { percent, time: localTime(show, until) });
  });
}

function keep() {
  byId("cancelling").hidden = true;
  byId("exchanging").hidden = true;
}

function open(id) {
  keep();
  byId(id).hidden = false;
  byId(id).querySelector("h3").focus();
}

const amounts = (rows) => rows.flatMap(([name, amount, currency]) =>
  [textIn("dt")(name), textIn("dd")(money(amount, currency))]);

async function askCancel() {
  if (booking.status === "pending") return cancel();
  const body = chosen();
  const effects = await session.call("POST", path("cancel/?dry_run=true"), { body });
  const { lines, fees, discount_kept, refund, currency } = effects;
  const panel = byId("cancelling");
  panel.querySelector("ul").replaceChildren(...lines.map((line) =>
    textIn("li")(joined(nameOf(line), t("paid {amount}", { amount: money(line.paid, currency) }),
      t("back {amount}", { amount: money(line.refund, currency) })))));
  const rows = [
    ...(Number(fees) ? [[t("fees that come back"), fees, currency]] : []),
    ...(Number(discount_kept) ? [[t("discount that is kept back"), discount_kept, currency]] : []),
    [t("comes back"), refund, currency],
  ];
  panel.querySelector("dl").replaceChildren(...amounts(rows));
  open("cancelling");
}

async function cancel() {
  await session.postOnce(path("cancel/"), chosen());
  await changed(booking.id);
}

// Other shows, and other seats of the same show. The seats are chosen in the seat picker.
async function askExchange() {
  if (chosen().ticket_ids?.length === 0) throw new Error(t("Choose at least one ticket."));
  const { event, venue } = booking.show_details;
  const query = new URLSearchParams({ event: event.id, available: "true", page_size: 100, ordering: "start_time" });
  const { results } = await get(`/api/shows/?${query}`);
  const shows = results.filter(({ on_sale, currency }) => on_sale && currency === booking.currency);
  if (!shows.length) throw new Error(t("There is no other show of this film on sale."));
  const isHere = (show) => show.venue.id === venue.id;
  const [here, elsewhere] = [shows.filter(isHere), shows.filter((show) => !isHere(show))];
  byId("exchange-shows").replaceChildren(...daysOf(here, false), ...daysOf(elsewhere, true));
  open("exchanging");
}

function daysOf(shows, isNamed) {
  const { ticket_ids: ids } = chosen();
  const query = { exchange: booking.reference, ...(ids && { tickets: ids }) };
  const days = Map.groupBy(shows, ({ local_start_time }) => local_start_time.slice(0, 10));
  return [...days].map(([day, members]) =>
    el("section", {}, textIn("h4")(dayName(day)), ...showRows(members, { isNamed, query })));
}

const on = (node, type, action) => node.addEventListener(type, (event) => {
  event.preventDefault();
  act(action);
});

on(byId("cancel"), "click", askCancel);
on(byId("confirm-cancel"), "click", cancel);
on(byId("exchange"), "click", askExchange);
for (const button of document.querySelectorAll("[data-keep]")) on(button, "click", keep);
