// Tickets and receipts on 80 mm paper, printed by the browser.

import { includesTax } from "../shows/amounts.js";
import { byId, el, money, textIn } from "../shows/page.js";
import { session, state } from "./state.js";

async function qrImage(booking, ticket) {
  const path = `/api/bookings/${booking}/tickets/${ticket}/qr.svg?all=true`;
  const svg = await session.call("GET", path, { headers: { Accept: "image/svg+xml" } });
  const src = `data:image/svg+xml;base64,${btoa(await svg.text())}`;
  const image = el("img", { alt: "", src });
  await image.decode();
  return image;
}

// The paper is shown in print only, and stays: some browsers print after print() has returned.
function print(...pages) {
  byId("paper").replaceChildren(...pages);
  globalThis.print();
}

const line = (label, text) => el("p", { className: "row" }, textIn("span")(label), textIn("span")(text));

function heading(show) {
  const day = show.local_start_time.slice(0, 16).replace("T", " ");
  return [
    textIn("h2")(show.event.title), textIn("p")(`${show.venue.name}, ${show.screen.name}`),
    textIn("p")(day),
  ];
}

export async function printTickets(sale, show) {
  const seats = new Map(sale.seats.map((seat) => [seat.seat_id, seat]));
  const pages = await Promise.all(sale.tickets.map(async (ticket) => {
    const { section, row, number, area, category, ticket_type: type } = seats.get(ticket.seat_id);
    const place = area || [section, `Row ${row}`, `Seat ${number}`].filter(Boolean).join(", ");
    return el("article", { className: "ticket" }, ...heading(show), el("p", { className: "place", textContent: place }),
      textIn("p")([category, type].filter(Boolean).join(", ")), await qrImage(sale.id, ticket.id),
      textIn("p")(ticket.code), textIn("p")(`Booking ${sale.reference}`));
  }));
  print(...pages);
}

export async function printReceipt(sale, show) {
  const priced = (amount) => money(amount, sale.currency);
  const amounts = { ...sale, ...sale.current_amounts };
  const rows = sale.seats.map(({ row, number, area, ticket_type: type, price }) =>
    line(`${area || row + number} ${type}`.trim(), priced(price)));
  const isWithin = includesTax(amounts);
  const extras = [["Discount", amounts.discount], ["Fees", amounts.fees], ["Tax", isWithin ? "0" : amounts.tax]]
    .filter(([, amount]) => Number(amount));
  const [payment] = sale.payments;
  const paid = payment ? [line(payment.provider.replace("_", " "), priced(payment.tendered ?? payment.amount))] : [];
  if (Number(sale.change_due)) paid.push(line("Change", priced(sale.change_due)));
  if (Number(sale.amount_refunded)) paid.push(line("Refund", priced(`-${sale.amount_refunded}`)));
  print(el("article", { className: "receipt" },
    textIn("h2")(state.venue.name), textIn("p")(state.venue.address ?? ""), ...heading(show).slice(0, 1),
    ...rows, ...extras.map(([label, amount]) => line(label, priced(amount))),
    el("p", { className: "row total" }, textIn("span")("Total"), textIn("span")(priced(amounts.total))),
    ...(isWithin && Number(amounts.tax) ? [line("of which tax", priced(amounts.tax))] : []), ...paid,
    textIn("p")(`Booking ${sale.reference}`), textIn("p")(new Date().toLocaleString("en-GB"))));
}
