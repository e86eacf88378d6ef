// Changes of a booking: tickets are cancelled, or exchanged for seats of another show. Before either,
// the server says what it costs or gives back.

import { get } from "./api.js";
import { nameOf } from "./hall/names.js";
import { byId, el, joined, localTime, money, option, textIn } from "./page.js";
import { t } from "./texts.js";

let booking;
let session;
let shows;
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

async function askExchange() {
  const { event, venue } = booking.show_details;
  const query = new URLSearchParams({ event: event.id, available: "true", page_size: 100, ordering: "start_time" });
  const { results } = await get(`/api/shows/?${query}`);
  const isNear = (show) => (show.venue.id === venue.id ? 0 : 1);
  shows = results.filter((show) => show.on_sale && show.id !== booking.show)
    .sort((one, other) => isNear(one) - isNear(other));
  const { show: field } = byId("exchanging").querySelector("form").elements;
  field.replaceChildren(...shows.map((show) =>
    option(show.id, joined(localTime(show), show.venue.name, show.screen.name))));
  offerCategories();
  open("exchanging");
  if (!shows.length) throw new Error(t("There is no other show of this film on sale."));
}

function offerCategories() {
  const { show, category } = byId("exchanging").querySelector("form").elements;
  const found = shows.find(({ id }) => String(id) === show.value);
  category.replaceChildren(...Object.keys(found?.prices || {}).map((name) => option(name)));
  category.value = booking.seats[0].category;
  if (!category.value) category.selectedIndex = 0;
  byId("confirm-exchange").hidden = true;
  byId("exchanging").querySelector("dl").replaceChildren();
}

function wanted() {
  const { show, category } = byId("exchanging").querySelector("form").elements;
  const { ticket_ids } = chosen();
  const quantity = ticket_ids?.length || booking.seats.length;
  return { ...chosen(), show_id: Number(show.value), quantity, category: category.value };
}

async function askPrice() {
  const quote = await session.call("POST", path("exchange/?dry_run=true"), { body: wanted() });
  const { total, credit, amount_due, refund, currency } = quote;
  const rows = [[t("total"), total], [t("already paid"), credit], [t("to pay"), amount_due]];
  if (Number(refund)) rows.push([t("comes back"), refund]);
  byId("exchanging").querySelector("dl").replaceChildren(
    ...amounts(rows.map(([name, amount]) => [name, amount, currency])));
  byId("confirm-exchange").hidden = false;
}

async function exchange() {
  const { id } = await session.postOnce(path("exchange/"), wanted());
  await changed(id);
}

const on = (node, type, action) => node.addEventListener(type, (event) => {
  event.preventDefault();
  act(action);
});

on(byId("cancel"), "click", askCancel);
on(byId("confirm-cancel"), "click", cancel);
on(byId("exchange"), "click", askExchange);
on(byId("exchanging").querySelector("form"), "submit", askPrice);
on(byId("confirm-exchange"), "click", exchange);
for (const button of document.querySelectorAll("[data-keep]")) on(button, "click", keep);
byId("exchanging").querySelector("[name=show]").addEventListener("change", offerCategories);
byId("exchanging").querySelector("[name=category]").addEventListener("change", () => {
  byId("confirm-exchange").hidden = true;
});
