// An exchange: seats that are chosen here replace tickets of an older booking. The address of the page
// names the booking and the tickets: ?exchange=K7QF-2MXD&tickets=4,5

import { nameOf, namesOf } from "../hall/names.js";
import { byId, joined, localTime } from "../page.js";
import { plural, t } from "../texts.js";
import { page, reference, session, state } from "./state.js";

const asked = new URLSearchParams(location.search).get("tickets");
const ticketIds = asked?.split(",").map(Number);

// Read the older booking. `state.exchange` then says what is replaced.
export async function beginExchange() {
  if (!reference || state.exchange) return;
  for (const field of [byId("guest"), document.querySelector("[name=is_new]").closest("label")]) {
    field.hidden = true;
  }
  const path = `/api/bookings/by-reference/${reference}/?expand=show`;
  const older = await session.call("GET", path);
  const seats = older.status === "confirmed" ? await replacedSeats(older) : [];
  // After the exchange, a reload leads to the new tickets.
  if (!seats.length) return location.replace(`/bookings/${reference}`);
  const isSameShow = older.show === state.show.id;
  state.exchange = { id: older.id, count: seats.length, mine: isSameShow ? older.seat_ids : [] };
  state.mine = new Set(state.exchange.mine);
  const event = joined(older.show_details.event.title, localTime(older.show_details));
  const [numbered, standing] = [seats.filter(({ number }) => number), seats.filter(({ number }) => !number)];
  byId("older").textContent = joined(event, namesOf(numbered), ...standing.map(nameOf));
  fitPage(seats.length);
  page.render();
}

async function replacedSeats({ id, seats }) {
  if (!ticketIds) return seats;
  const tickets = await session.call("GET", `/api/bookings/${id}/tickets/`);
  return tickets.filter((ticket) => ticketIds.includes(ticket.id));
}

// There are as many seats as tickets, and neither promo codes nor more bookings.
function fitPage(count) {
  const { quantity } = byId("best").elements;
  quantity.value = count;
  quantity.closest("label").hidden = true;
  for (const id of ["options", "again"]) byId(id).hidden = true;
  byId("exchange").hidden = false;
  byId("to-choose").textContent =
    plural(count, "Choose {count} seat for your ticket.", "Choose {count} seats for your tickets.");
  byId("hold").textContent = t("Exchange for these seats");
}

export const holdPath = () =>
  (state.exchange ? `/api/bookings/${state.exchange.id}/exchange/` : "/api/bookings/");
export const quotePath = () =>
  (state.exchange ? `${holdPath()}?dry_run=true` : "/api/bookings/quote/");

// The tickets of the body of a request. None stands for all of them.
export const replaced = () => (state.exchange && ticketIds ? { ticket_ids: ticketIds } : {});

// Whether a number of seats can be held.
export const fits = (count) => count > 0 && (!reference || count === state.exchange?.count);

// Whether a pending booking belongs to this page: to the exchange, if it is one.
export const isOurs = ({ exchanged_from }) => !reference || exchanged_from === state.exchange?.id;
