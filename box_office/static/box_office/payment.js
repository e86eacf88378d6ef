// The ways to settle a sale: cash, card, bank transfer, a later payment, or complimentary tickets.

import { byId, countOf, joined, money } from "../shows/page.js";
import { ask, takeCash } from "./dialogs.js";
import { wantedSeats } from "./lines.js";
import { clearSale, currentPrice, quote, replaceSeats } from "./sale.js";
import { kept, state, till } from "./state.js";
import { sendOnce } from "./waiting.js";

const SALES = "/api/box-office/sales/";
const COUNTER = ["cash", "card_terminal", "bank_transfer"];

export const ways = {
  exact: async () => {
    const amount = await priceOfSale();
    return sell({ tender: { method: "cash", amount, ...drawer() } });
  },
  cash: async () => {
    const amount = await priceOfSale();
    const tendered = await takeCash(amount, state.show.currency);
    if (tendered) return sell({ tender: { method: "cash", amount, tendered, ...drawer() } });
  },
  card: () => byReceipt("card_terminal", "Card", "Number of the terminal's receipt"),
  transfer: () => byReceipt("bank_transfer", "Bank transfer", "Reference of the transfer"),
  later: payLater,
  complimentary: async () => {
    const answer = await ask("complimentary", {
      title: "Complimentary tickets", yes: "Give the tickets",
      fields: { reason: { label: "Reason", required: true, maxLength: 200 } },
    });
    if (answer) return sell({ complimentary_reason: answer.reason });
  },
};

// The price is known already, unless the last ticket has just been added.
const priceOfSale = async () => currentPrice() ?? (await quote());

const drawer = () => (state.cash ? { cash_session: state.cash.id } : {});

async function byReceipt(method, title, label) {
  const amount = await priceOfSale();
  const answer = await ask(method, {
    title: `${title}: ${money(amount, state.show.currency)}`, yes: "Paid",
    fields: { reference: { label, maxLength: 100, required: true } },
  });
  if (answer) return sell({ tender: { method, amount, reference: answer.reference.trim(), ...drawer() } });
}

async function payLater() {
  const { start_time: start, local_start_time: local } = state.show;
  const hours = { label: "Hours before the start at which the booking ends", type: "number" };
  const answer = await ask("later", {
    title: "Hold now, pay later",
    note: `The show starts at ${local.slice(0, 16).replace("T", " ")}. A mail brings a link to pay.`,
    yes: "Hold",
    fields: {
      name: { label: "Name", required: true, value: state.customer.name ?? "" },
      email: { label: "E-mail", type: "email", value: state.customer.email ?? "" },
      phone: { label: "Phone, such as +919876543210", type: "tel", value: state.customer.phone ?? "" },
      hours: { ...hours, required: true, min: 0, max: 1440, step: 0.5, value: "1" },
    },
  });
  if (!answer) return;
  const { name, email, phone } = answer;
  Object.assign(state.customer, { name, email, phone });
  const payBy = new Date(Date.parse(start) - Number(answer.hours) * 36e5).toISOString();
  await sell({ pay_by: payBy });
}

export async function askForCustomer() {
  const { name = "", email = "", phone = "" } = state.customer;
  const answer = await ask("customer", {
    title: "Customer", yes: "Keep",
    fields: {
      name: { label: "Name", value: name, maxLength: 200 },
      email: { label: "E-mail, for the tickets", type: "email", value: email },
      phone: { label: "Phone, such as +919876543210", type: "tel", value: phone },
    },
  });
  if (answer) state.customer = answer;
}

// Sell the tickets. Rejects with a problem. A request without an answer is sent again automatically.
async function sell(settlement) {
  if (!state.lines.length) return;
  if (state.lines.some(({ seat, area }) => !seat && !area)) throw new Error("A ticket has no seat yet.");
  const named = Object.entries(state.customer).filter(([, text]) => text);
  const body = {
    ...wantedSeats(), ...(named.length && { customer: Object.fromEntries(named) }), ...settlement,
  };
  await finishSale(() => sendOnce("sale", SALES, body));
}

// Show the sale, or throw the problem that refused it. `send` resolves with the sale.
export async function finishSale(send) {
  try {
    showSold(await send());
  } catch (problem) {
    const { code, unavailable_seat_ids: taken, amount_due: due, currency } = problem;
    if (code === "seats_unavailable" && taken && state.show) await replaceSeats(taken);
    if (code === "tender_mismatch" && due) {
      state.quote = { total: due, asked: JSON.stringify(wantedSeats()) };
      throw new Error(`The price is ${money(due, currency)}. Take that amount and confirm again.`);
    }
    throw problem;
  }
}

function showSold(sale) {
  state.sold = sale;
  kept.set("sold", sale);
  if (state.show) clearSale();
  drawSold(sale);
  till.open("done");
}

export function drawSold(sale) {
  const { change_due: change, currency, status, total, customer_name: name, reference } = sale;
  const isPaid = status === "confirmed";
  const seats = sale.seats.map(({ row, number, area }) => area || `${row}${number}`).join(" ");
  byId("done").querySelector("h1").textContent =
    { pending: "Held", cancelled: "Undone" }[status] ?? "Sold";
  byId("change").textContent = Number(change) && isPaid ? `Change: ${money(change, currency)}` : "";
  byId("sold").textContent =
    joined(reference, countOf(sale.seats.length, "ticket"), seats, money(total, currency), name);
  for (const action of ["tickets", "receipt", "undo"]) {
    document.querySelector(`[data-done=${action}]`).disabled = !isPaid;
  }
}

// Refund a sale by its own tender, and free its seats. `due` is the amount that the server named, if
// it differs from the payment.
export async function undoSale(sale = state.sold, due = null) {
  const payment = sale.payments.find(({ status }) => status === "succeeded");
  const isOfCounter = payment && COUNTER.includes(payment.provider);
  const amount = due ?? payment?.amount;
  const answer = await ask("undo", {
    title: `Undo the sale ${sale.reference}?`, yes: "Undo and give back",
    note: isOfCounter ? `Give ${money(amount, sale.currency)} back: ${payment.provider.replace("_", " ")}.` : "",
  });
  if (!answer) return;
  const body = { ticket_ids: sale.tickets.map(({ id }) => id), reason: "Undone at the till" };
  if (isOfCounter) body.tender = tenderBack(payment, amount, sale);
  state.sold = sale;
  const path = `/api/box-office/bookings/${sale.id}/refunds/`;
  try {
    await finishUndo(() => sendOnce("undo", path, body));
  } catch (problem) {
    if (problem.code !== "tender_mismatch" || due) throw problem;
    await undoSale(sale, problem.amount_due);
  }
}

function tenderBack({ provider: method }, amount, { reference }) {
  if (method === "cash") return { method, amount, ...drawer() };
  return { method, amount, reference: `undo ${reference}` };
}

export async function finishUndo(send) {
  const undone = await send();
  state.sold = { ...state.sold, ...undone, change_due: "0" };
  kept.set("sold", state.sold);
  drawSold(state.sold);
  till.open("done");
}
