// The panels of a booking: its lines and amounts, and its tickets.

import { listAmounts } from "../amounts.js";
import { isFramed } from "../frames.js";
import { nameOf } from "../hall/names.js";
import { byId, complain, joined, money, textIn } from "../page.js";
import { saveFile, ticketItems } from "../tickets.js";
import { bookingPath, isByLink, reference as older, session, state } from "./state.js";
import { t } from "../texts.js";

export function showBooking() {
  const { status, reference, currency, amount_refunded, seats } = state.booking;
  const isConfirmed = status === "confirmed";
  const panel = byId(status === "pending" ? "pay" : "done");
  const ended = t("Cancelled, {amount} refunded", { amount: money(amount_refunded, currency) });
  byId("done").querySelector("h2").textContent = isConfirmed ? t("Booked") : ended;
  byId("reference").textContent = reference;
  byId("files").hidden = !isConfirmed;
  // The link of an older booking opens the page of that one, which leads on.
  byId("to-booking").href = `/bookings/${isByLink ? older : reference}`;
  byId("to-booking").hidden = !isConfirmed || isFramed;
  byId("tickets").replaceChildren();
  panel.querySelector("[data-cancel]").hidden = status === "cancelled";
  const lines = seats.map((line) =>
    joined(nameOf(line), line.category, line.ticket_type, money(line.price, currency)));
  panel.querySelector(".lines").replaceChildren(...lines.map(textIn("li")));
  listAmounts(panel.querySelector("dl"), state.booking);
  panel.querySelector("h2").focus();
  if (isConfirmed) showTickets().catch(complain);
}

async function showTickets() {
  const seatOf = ({ seat_id }) => state.seats.get(seat_id);
  byId("tickets").replaceChildren(...(await ticketItems(session, bookingPath(), seatOf)));
}

export const save = (name) => saveFile(session, bookingPath(), name, state.booking.reference);
