// The panels of a booking: its lines and amounts, and its tickets.

import { nameOf } from "../hall/names.js";
import { byId, complain, el, joined, money, textIn } from "../page.js";
import { listAmounts } from "./choice.js";
import { bookingPath, session, state } from "./state.js";

export function showBooking() {
  const { status, reference, currency, amount_refunded, seats } = state.booking;
  const isConfirmed = status === "confirmed";
  const panel = byId(status === "pending" ? "pay" : "done");
  const ended = `Cancelled, ${money(amount_refunded, currency)} refunded`;
  byId("done").querySelector("h2").textContent = isConfirmed ? "Booked" : ended;
  byId("reference").textContent = reference;
  byId("files").hidden = !isConfirmed;
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
  const tickets = await session.call("GET", bookingPath("tickets/"));
  const items = tickets.map(async (ticket) => {
    const name = nameOf(state.seats.get(ticket.seat_id) || ticket);
    const svg = await session.call("GET", bookingPath(`tickets/${ticket.id}/qr.svg`));
    const src = `data:image/svg+xml,${encodeURIComponent(await svg.text())}`;
    const image = el("img", { src, alt: `QR code of the ticket for ${name}` });
    return el("li", {}, image, textIn("strong")(name), textIn("code")(ticket.code));
  });
  byId("tickets").replaceChildren(...(await Promise.all(items)));
}

// Save a file of the booking.
export async function save(name) {
  const href = URL.createObjectURL(await session.call("GET", bookingPath(name)));
  el("a", { href, download: `${state.booking.reference}-${name}` }).click();
}
