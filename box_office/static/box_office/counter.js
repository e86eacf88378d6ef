// Bookings that a person asks for at the counter: found, paid, printed again, given back.

import { byId, countOf, el, joined, money, textIn } from "../shows/page.js";
import { ask } from "./dialogs.js";
import { drawSold, finishSale, undoSale } from "./payment.js";
import { call, kept, state, till } from "./state.js";
import { sendOnce } from "./waiting.js";

export async function findBookings({ search }) {
  const query = new URLSearchParams({ search: search.value.trim() });
  const { results } = await call("GET", `/api/box-office/bookings/?${query}`);
  byId("no-bookings").hidden = Boolean(results.length);
  byId("bookings").replaceChildren(...results.map(bookingItem));
}

function bookingItem(booking) {
  const { reference, status, total, currency, customer_name: name, seats, show_details } = booking;
  const { event, local_start_time: start } = show_details;
  const show = `${event.title}, ${start.slice(0, 16).replace("T", " ")}`;
  const facts = joined(name, show, status, countOf(seats.length, "ticket"), money(total, currency));
  const act = (action) => () => till.act(() => action(booking));
  const buttons = {
    pending: [el("button", { type: "button", className: "main", onclick: act(pay) }, "Pay")],
    confirmed: [
      el("button", { type: "button", onclick: act(openBooking) }, "Open"),
      el("button", { type: "button", onclick: act(undoSale) }, "Give back"),
    ],
  }[status] ?? [];
  return el("li", {}, textIn("strong")(reference), textIn("span")(facts),
    el("p", { className: "buttons" }, ...buttons));
}

function openBooking(booking) {
  state.sold = booking;
  kept.set("sold", booking);
  drawSold(booking);
  till.open("done");
}

async function pay({ id, reference, total, currency }) {
  const answer = await ask("pay", {
    title: `${reference}: ${money(total, currency)}`, yes: "Paid",
    note: "Cash, if there is no receipt of a card terminal.",
    fields: { reference: { label: "Number of the terminal's receipt", maxLength: 100 } },
  });
  if (!answer) return;
  const receipt = answer.reference.trim();
  const tender = receipt
    ? { method: "card_terminal", amount: total, reference: receipt }
    : { method: "cash", amount: total };
  if (state.cash) tender.cash_session = state.cash.id;
  await finishSale(() => sendOnce("sale", `/api/box-office/bookings/${id}/payments/`, { tender }));
}
