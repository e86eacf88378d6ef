// The tickets of a booking, and its files.

import { nameOf } from "./hall/names.js";
import { el, textIn } from "./page.js";
import { t } from "./texts.js";

export const ticketsOf = (session, path) => session.call("GET", `${path}tickets/`);

const imageOf = (svg) => `data:image/svg+xml,${encodeURIComponent(svg)}`;
export const qrImage = (svg, seat) =>
  el("img", { src: imageOf(svg), alt: t("QR code of the ticket for {seat}", { seat }) });

// Return one list item for each ticket, with its QR code unless the ticket was passed on. `seatOf` finds
// a ticket's seat, and `controls` makes what stands below a ticket.
export async function ticketItems(session, path, seatOf, known, controls = () => "") {
  const tickets = known || (await ticketsOf(session, path));
  const items = tickets.map(async (ticket) => {
    const name = nameOf(seatOf(ticket) || ticket);
    const parts = [textIn("strong")(name), controls(ticket)];
    if (!ticket.payload) return el("li", {}, ...parts);
    const svg = await session.call("GET", `${path}tickets/${ticket.id}/qr.svg`);
    return el("li", {}, qrImage(await svg.text(), name), parts[0], textIn("code")(ticket.code), parts[1]);
  });
  return Promise.all(items);
}

// Save a file of a booking.
export async function saveFile(session, path, name, reference) {
  const href = URL.createObjectURL(await session.call("GET", path + name));
  el("a", { href, download: `${reference}-${name}` }).click();
}
