// The panel of a sale: the hall, ticket types, the tickets, and what they cost.

import { descriptionOf, Hall, nameOf } from "../shows/hall.js";
import { includesTax } from "../shows/amounts.js";
import { byId, countOf, el, joined, money, option, sum, textIn } from "../shows/page.js";
import {
  addTicket, dropSeats, keepSale, priceOf, removeLine, seatBest, seatIds, toggleSeat, typesOf,
  wantedSeats,
} from "./lines.js";
import { call, kept, state, till } from "./state.js";

const QUOTE_MS = 120;

let hall = null;
let quoting = null;

const priced = (amount) => money(amount, state.show.currency);

// Open a show. A sale that was begun before a reload goes on.
export async function openSale(id) {
  const before = kept.get("sale");
  Object.assign(state, { seats: new Map(), lines: [], customer: {}, quote: null });
  byId("hall-room").replaceChildren(byId("hall-template").content.cloneNode(true));
  hall = new Hall(byId("hall"), { lookOf, textOf, onChoose: chooseSeat, onArea: chooseArea });
  await hall.load(id, (path) => call("GET", path), ({ show, seats, categories }) => {
    Object.assign(state, { show, categories });
    for (const seat of seats) state.seats.set(seat.id, seat);
  });
  if (before?.show === state.show.id) {
    Object.assign(state, { lines: before.lines, customer: before.customer });
  }
  showFacts();
  drawTypes();
  hall.drawLegend([
    ...state.categories.map(({ name }, index) => [`url(#category-${index})`, name]),
    ["url(#look-chosen)", "Chosen"], ["url(#look-taken)", "Taken"], ["url(#look-blocked)", "Blocked"],
  ]);
  render();
}

function showFacts() {
  const { event, local_start_time: start, screen, language, format } = state.show;
  byId("show-title").textContent = `${start.slice(11, 16)} ${event.title}`;
  byId("show-facts").textContent = joined(start.slice(0, 10), screen.name, language, format);
  byId("rating").textContent = event.certificate ? `Rated ${event.certificate}: ask for the age.` : "";
}

// ---- The hall

function lookOf({ id, status }) {
  if (seatIds().includes(id)) return "chosen";
  return { available: "free", blocked: "blocked" }[status] ?? "taken";
}

const textOf = (seat) =>
  joined(descriptionOf(seat), priced(seat.price), lookOf(seat) === "chosen" ? "chosen" : seat.status);

function chooseSeat(seat) {
  toggleSeat(seat);
  render();
}

const chooseArea = ({ category }) =>
  till.act(() => add(category, typesOf(category)[0][0]));

// Read which seats are free now. A sale takes others for those that somebody took.
export async function updateSeats() {
  if (!state.show || byId("sale").hidden) return;
  const answer = await call("GET", `/api/shows/${state.show.id}/availability/`);
  applyAvailability(answer);
  const lost = seatIds().filter((id) => state.seats.get(id)?.status === "taken");
  if (lost.length) await replaceSeats(lost);
}

function applyAvailability({ unavailable_seat_ids: ids, categories }) {
  const unavailable = new Set(ids);
  for (const seat of state.seats.values()) {
    if (!unavailable.has(seat.id)) seat.status = "available";
    else if (seat.status === "available") seat.status = "taken";
  }
  for (const category of state.categories) {
    category.available = categories[category.name]?.available ?? category.available;
  }
  drawTypes();
  hall.refresh();
}

// Choose other seats for those that were taken. Seats that a person chose are named, not replaced.
export async function replaceSeats(ids) {
  for (const id of ids) if (state.seats.has(id)) state.seats.get(id).status = "taken";
  const names = ids.map((id) => state.seats.get(id)).filter(Boolean).map(nameOf);
  const dropped = dropSeats(ids);
  for (const { name } of state.categories) await seatBest(name);
  render();
  const rest = dropped ? "Choose another one." : "Others were chosen.";
  throw new Error(`${names.join(", ")} was sold meanwhile. ${rest}`);
}

// ---- Tickets

async function add(category, type) {
  await addTicket(category, type);
  render();
}

const rulesOf = (type) =>
  state.show.ticket_types.find(({ ticket_type: name }) => name === type) ?? {};

const isSoldHere = (type) => rulesOf(type).channels?.includes("box_office") ?? true;

function drawTypes() {
  const buttons = state.categories.flatMap(({ name, available }) =>
    typesOf(name).filter(([type]) => isSoldHere(type)).map(([type, amount]) => {
      const onclick = () => till.act(() => add(name, type));
      const disabled = !available;
      const label = joined(state.categories.length > 1 || !type ? name : "", type);
      const { minimum_age: age, proof_text: proof } = rulesOf(type);
      const facts = joined(`${available} left`, age && `from ${age} years`, proof);
      return el("button", { type: "button", onclick, disabled },
        textIn("strong")(label), textIn("span")(priced(amount)), textIn("small")(facts));
    }));
  byId("types").replaceChildren(...buttons);
}

export function render() {
  keepSale();
  hall.refresh();
  byId("lines").replaceChildren(...state.lines.map(lineItem));
  byId("empty").hidden = Boolean(state.lines.length);
  const { name, email, phone } = state.customer;
  byId("customer-name").textContent = joined(name, email, phone);
  showAmounts();
  for (const button of document.querySelectorAll("[data-pay]")) {
    button.disabled = !state.lines.length;
  }
}

function lineItem(line) {
  const seat = state.seats.get(line.seat);
  const label = seat ? nameOf(seat) : line.area || "No seat yet";
  const types = typesOf(line.category).map(([type]) => type);
  const select = el("select", { ariaLabel: `Ticket type of ${label}`, hidden: !types[0] });
  select.append(...types.map((type) => option(type)));
  select.value = line.type;
  select.onchange = () => {
    line.type = select.value;
    render();
  };
  const onclick = () => till.act(async () => {
    await removeLine(line);
    render();
  });
  const remove = { type: "button", textContent: "×", ariaLabel: `Remove ${label}`, onclick };
  return el("li", {}, textIn("span")(label), select, textIn("span")(priced(priceOf(line))), el("button", remove));
}

// ---- Amounts

// Show the sum of the prices at once, and then the server's quote with fees and taxes.
function showAmounts() {
  clearTimeout(quoting);
  state.quote = null;
  byId("amounts").replaceChildren();
  delete byId("amounts").dataset.quoted;
  if (!state.lines.length) return;
  listAmounts({ total: sum(state.lines.map(priceOf)) });
  quoting = setTimeout(() => quote().catch(() => {}), QUOTE_MS);
}

// The price of the sale. Seats that only staff may sell have no quote. Their price is the sum of the
// prices, and the server names the right amount if there are fees.
export async function quote() {
  clearTimeout(quoting);
  const body = wantedSeats();
  const asked = JSON.stringify(body);
  try {
    const answer = await call("POST", "/api/bookings/quote/", {
      body: { ...body, sales_channel: "box_office" },
    });
    // A ticket may have been added meanwhile.
    if (asked !== JSON.stringify(wantedSeats())) return quote();
    state.quote = { ...answer, asked };
    listAmounts(answer);
    byId("amounts").dataset.quoted = true;
    return answer.total;
  } catch (problem) {
    if (problem.status === 0 || problem.status === 401) throw problem;
    return currentPrice() ?? sum(state.lines.map(priceOf));
  }
}

// The price that the server named for exactly these tickets, if it has.
export const currentPrice = () =>
  state.quote?.asked === JSON.stringify(wantedSeats()) ? state.quote.total : null;

function listAmounts(amounts) {
  const isWithin = amounts.subtotal && includesTax(amounts);
  const rows = [["fees", amounts.fees], ["tax", isWithin ? "0" : amounts.tax], ["discount", amounts.discount]]
    .filter(([, amount]) => Number(amount ?? 0));
  rows.push([`total, ${countOf(state.lines.length, "ticket")}`, amounts.total]);
  byId("amounts").replaceChildren(...rows.flatMap(([name, amount]) => [
    el("dt", { textContent: name }), el("dd", { textContent: priced(amount) }),
  ]));
}

export function clearSale() {
  Object.assign(state, { lines: [], customer: {}, quote: null });
  render();
}
