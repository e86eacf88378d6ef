// The tickets of a booking, and its files.

import { nameOf } from "./hall/names.js";
import { el, textIn } from "./page.js";
import { t } from "./texts.js";

export const ticketsOf = (session, path) => session.call("GET", `${path}tickets/`);

// Return one list item with the QR code for each ticket. `seatOf` finds a ticket's seat.
export async function ticketItems(session, path, seatOf, known) {
  const tickets = known || (await ticketsOf(session, path));
  const items = tickets.map(async (ticket) => {
    const name = nameOf(seatOf(ticket) || ticket);
    const svg = await session.call("GET", `${path}tickets/${ticket.id}/qr.svg`);
    const src = `data:image/svg+xml,${encodeURIComponent(await svg.text())}`;
    const image = el("img", { src, alt: t("QR code of the ticket for {seat}", { seat: name }) });
    return el("li", {}, image, textIn("strong")(name), textIn("code")(ticket.code));
  });
  return Promise.all(items);
}

// Save a file of a booking.
export async function saveFile(session, path, name, reference) {
  const href = URL.createObjectURL(await session.call("GET", path + name));
  el("a", { href, download: `${reference}-${name}` }).click();
}
