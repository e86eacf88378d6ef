// A page to choose seats on, hold them, pay, and be given the tickets.

import { call, get, now, postOnce, Problem, request, session } from "./api.js";
import { descriptionOf, Hall, nameOf, namesOf } from "./hall.js";
import {
  byId, complain, countOf, el, joined, localTime, money, option, sum, textIn,
} from "./page.js";

const POLL_MS = 4000;
const id = byId("picker").dataset.show;

const chosen = new Map(); // The ticket type by seat id, in the order of choosing.
const gone = new Set(); // What others took away from under this customer's hands.
const seats = new Map();
let show;
let booking = null;
let mine = new Set(); // The seats of the booking.
let isBusy = false;
let afterLogin, bankUrl, etag, quoting;

const hall = new Hall(byId("hall"), {
  lookOf,
  textOf: (seat) => joined(descriptionOf(seat), priced(priceOf(seat)), stateOf(seat)),
  onChoose: toggle,
  onArea: ({ name }) => document.querySelector(`[data-area="${CSS.escape(name)}"]`).focus(),
});

// ---- The show, its seats and what they cost

async function start() {
  const map = await hall.load(id, get);
  ({ show } = map);
  map.seats.forEach((seat) => seats.set(seat.id, seat));
  const { venue, screen, language, format, on_sale, sales_open_at } = show;
  const place = joined(`${venue.name}, ${venue.city}`, screen.name, language, format);
  byId("facts").replaceChildren(...[localTime(show), place].map(textIn("span")));
  const opens = new Date(sales_open_at || 0) > now() && localTime(show, sales_open_at);
  byId("sale").textContent = on_sale ? "" : opens ? `On sale from ${opens}.` : "Not on sale.";
  byId("best").elements.category.append(...map.categories.map(({ name }) => option(name)));
  byId("areas").replaceChildren(...map.areas.flatMap(areaFields));
  countPlaces(map.areas);
  drawLegend(map.categories);
  const wanted = new URLSearchParams(location.search).get("seats")?.split(",").map(Number) || [];
  choose(wanted.filter((seatId) => seats.get(seatId)?.status === "available"));
  document.querySelector("aside").inert = false;
  watch();
  setInterval(tick, 1000);
  await act(resume);
}

const seatsOf = (ids) => [...ids].map((seatId) => seats.get(seatId)).filter(Boolean);
const priced = (amount) => money(amount, show.currency);

// [["Adult", "250.00"], …]; one entry without a name where there are no types.
function typesOf(category) {
  const prices = show.prices[category];
  return typeof prices === "string" ? [["", prices]] : Object.entries(prices);
}

const priceOf = ({ id: seatId, category, price }) =>
  Object.fromEntries(typesOf(category))[chosen.get(seatId)] || price;

function drawLegend(categories) {
  const entries = categories.map(({ name, available }, index) => {
    const prices = typesOf(name).map(([type, amount]) => `${type} ${priced(amount)}`.trim());
    const left = textIn("small")(available ? `${available} left` : "sold out");
    return [`url(#category-${index})`, `${name}: ${prices.join(", ")}`, "", left];
  });
  const looks = [["url(#look-chosen)", "Your choice"], ["url(#look-taken)", "Taken"]];
  hall.drawLegend([...entries, ...looks]);
}

function lookOf({ id: seatId, status }) {
  if (chosen.has(seatId)) return "chosen";
  if (mine.has(seatId)) return "mine";
  if (gone.has(seatId)) return "gone";
  return status === "available" ? "free" : "taken";
}

function stateOf(seat) {
  const look = lookOf(seat);
  return { gone: "no longer available", mine: "yours", taken: seat.status }[look] || look;
}

// ---- What is free now

async function watch() {
  await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  if (!document.hidden) {
    await update().catch(() => {}); // What fails now may succeed the next time.
    if (booking && !byId("bank").hidden) await act(reload);
  }
  watch();
}

async function update() {
  const headers = etag && { "If-None-Match": etag };
  const answer = await request("GET", `/api/shows/${id}/availability/`, { headers });
  if (answer.response.status === 304) return;
  etag = answer.response.headers.get("ETag");
  const unavailable = new Set(answer.data.unavailable_seat_ids);
  for (const seat of seats.values()) {
    if (!unavailable.has(seat.id)) {
      seat.status = "available";
      gone.delete(seat.id);
    } else if (seat.status === "available") seat.status = "taken";
  }
  const names = Object.keys(show.prices);
  drawLegend(names.map((name) => ({ name, ...answer.data.categories[name] })));
  countPlaces(answer.data.areas);
  hall.refresh();
  const lost = [...chosen.keys()].filter((seatId) => unavailable.has(seatId));
  // While a hold is under way they may well be one's own.
  if (!lost.length || isBusy || booking) return;
  const [first, ...others] = seatsOf(chosen.keys());
  const isAccessible = [first, ...others].some(({ accessible }) => accessible);
  const best = await findBest(1 + others.length, first.category, isAccessible).catch(() => null);
  await lose(lost, best ? [best.seat_ids] : []);
}

function findBest(quantity, category, accessible) {
  const wishes = Object.entries({ quantity, category, accessible }).filter(([, wish]) => wish);
  return get(`/api/shows/${id}/best-seats/?${new URLSearchParams(wishes)}`);
}

// Somebody else was quicker: say which seats are gone, and offer others.
async function lose(ids, groups, otherShows) {
  const lost = seatsOf(ids);
  for (const seat of lost) {
    chosen.delete(seat.id);
    gone.add(seat.id);
    seat.status = "taken";
  }
  render();
  if (lost.length) hall.reveal(lost[0]);
  complain({ detail: `No longer available: ${namesOf(lost)}.` });
  await offer(groups, otherShows);
}

// Seats of this show and of others on the day; where there are none of either, look for shows.
async function offer(groups, otherShows = []) {
  const buttons = groups.map((ids) => {
    const group = seatsOf(ids);
    const categories = [...new Set(group.map(({ category }) => category))].join(", ");
    const price = priced(sum(group.map((seat) => seat.price)));
    const textContent = joined(namesOf(group), categories, price);
    return el("button", { type: "button", textContent, onclick: () => choose(ids) });
  });
  const others = buttons.length || otherShows.length ? otherShows : await findShows();
  const links = others.map((other) => {
    const href = `/shows/${other.show}/?seats=${other.seat_ids || ""}`;
    return el("a", { href, textContent: localTime(show, other.start_time) });
  });
  byId("offers").querySelector("div").replaceChildren(...buttons, ...links);
  byId("offers").hidden = !buttons.length && !links.length;
}

async function findShows() {
  const { event, venue, local_start_time } = show;
  const day = { date: local_start_time.slice(0, 10), event: event.id, venue: venue.id };
  const query = new URLSearchParams({ ...day, available: "true" });
  const { results } = await get(`/api/shows/?${query}`).catch(() => ({ results: [] }));
  const others = results.filter((other) => other.id !== show.id && other.on_sale);
  return others.map((other) => ({ show: other.id, start_time: other.start_time }));
}

// ---- Choosing

// Seats that are sold as a pair come and go together.
function toggle(seat) {
  if (booking) return;
  const isOfPair = ({ couple }) => couple === seat.couple;
  const pair = seat.couple ? seat.line.seats.filter(isOfPair) : [seat];
  const isChosen = chosen.has(seat.id);
  for (const one of pair) {
    if (isChosen) chosen.delete(one.id);
    else if (one.status === "available") add(one);
  }
  render();
  byId("live").textContent = `${hall.textOf(seat)}. ${countOf(chosen.size, "seat")} chosen.`;
}

function add(seat) {
  chosen.set(seat.id, typesOf(seat.category)[0][0]);
}

function choose(ids) {
  const group = seatsOf(ids);
  complain();
  chosen.clear();
  group.forEach(add);
  render();
  if (!group.length) return;
  hall.reveal(group[0]);
  byId("live").textContent = `Chosen: ${namesOf(group)}.`;
}

async function pickBest({ quantity, category, accessible }) {
  try {
    const best = await findBest(quantity.value, category.value, accessible.checked);
    stand(best.areas);
    choose(best.seat_ids);
    const detail = "There are not so many seats left side by side.";
    if (!best.adjacent && !best.areas) complain({ detail });
  } catch (problem) {
    if (problem.code === "not_enough_seats") await offer([], problem.other_shows);
    throw problem;
  }
}

// The page as things stand: what is chosen, or the booking that came of it.
function render() {
  const status = booking?.status;
  byId("choose").hidden = Boolean(status);
  byId("pay").hidden = status !== "pending";
  byId("done").hidden = !status || status === "pending";
  byId("offers").hidden = true;
  byId("account").textContent = session.tokens ? "Log out" : "Log in";
  byId("selection").replaceChildren(...seatsOf(chosen.keys()).map(chosenSeat));
  hall.refresh();
  renderSum();
}

// Fees, taxes and discounts are the server's to say, to customers that it knows.
function renderSum() {
  const alsoStanding = standing().flatMap(({ valueAsNumber, dataset }) =>
    Array(valueAsNumber).fill(dataset.amount));
  const prices = [...seatsOf(chosen.keys()).map(priceOf), ...alsoStanding];
  const count = countOf(prices.length, "seat");
  byId("hold").disabled = !prices.length || !show.on_sale;
  byId("sum").textContent = joined(count, prices.length && priced(sum(prices)));
  byId("unknown").hidden = !prices.length || Boolean(session.tokens);
  byId("quote").replaceChildren();
  clearTimeout(quoting);
  if (!prices.length || booking || !session.tokens) return;
  const turn = (quoting = setTimeout(async () => {
    const body = order();
    const quote = await call("POST", "/api/bookings/quote/", { body }).catch((problem) => problem);
    if (turn !== quoting || booking) return;
    if (quote instanceof Problem) return complain(quote);
    listAmounts(byId("quote"), quote);
    byId("sum").textContent = joined(count, priced(quote.total));
  }, 250));
}

function chosenSeat(seat) {
  const types = typesOf(seat.category).map(([name]) => name);
  const select = el("select", { ariaLabel: `Ticket for ${nameOf(seat)}`, hidden: !types[0] });
  select.append(...types.map((name) => option(name)));
  select.value = chosen.get(seat.id);
  const price = textIn("span")(priced(priceOf(seat)));
  select.onchange = () => {
    chosen.set(seat.id, select.value);
    price.textContent = priced(priceOf(seat));
    renderSum();
  };
  const remove = { type: "button", textContent: "×", ariaLabel: `Give up ${nameOf(seat)}` };
  const button = el("button", { ...remove, onclick: () => toggle(seat) });
  return el("li", {}, textIn("span")(descriptionOf(seat)), select, price, button);
}

// How many stand in an area: a field for each ticket type, which is all that knows of it.
function areaFields({ name, category }) {
  return typesOf(category).map(([type, amount]) => {
    const input = el("input", { type: "number", min: 0, value: 0, onchange: renderSum });
    Object.assign(input.dataset, { area: name, type, amount });
    return el("label", {}, joined(name, type, priced(amount)), input, el("small"));
  });
}

const places = () => [...byId("areas").querySelectorAll("input")];
const standing = () => places().filter(({ valueAsNumber }) => valueAsNumber > 0);

// The places of areas that are chosen, by the area's name: all of them of its default type.
function stand(wanted = {}) {
  const left = { ...wanted };
  for (const input of places()) {
    input.value = left[input.dataset.area] || 0;
    delete left[input.dataset.area];
  }
}

function countPlaces(counts) {
  for (const input of places()) {
    const { available } = counts.find(({ name }) => name === input.dataset.area);
    input.max = available;
    input.nextSibling.textContent = available ? `${available} left` : "sold out";
  }
}

function order() {
  const types = Object.fromEntries([...chosen].filter(([, type]) => type));
  const wanted = {};
  for (const { valueAsNumber: quantity, dataset: { area, type } } of standing()) {
    wanted[area] = (wanted[area] || 0) + quantity;
    if (type) types[area] = { ...types[area], [type]: quantity };
  }
  const promoCode = byId("options").elements.promo_code.value.trim();
  return {
    show_id: show.id,
    ...(chosen.size && { seat_ids: [...chosen.keys()] }),
    ...(Object.keys(wanted).length && { areas: wanted }),
    ...(Object.keys(types).length && { ticket_types: types }),
    ...(promoCode && { promo_code: promoCode }),
  };
}

function listAmounts(list, amounts) {
  const names = ["subtotal", "discount", "fees", "tax", "total"];
  const shown = names.filter((name) => name === "total" || Number(amounts[name]));
  const entries = shown.flatMap((name) =>
    [textIn("dt")(name), textIn("dd")(money(amounts[name], amounts.currency))]);
  list.replaceChildren(...entries);
}

// ---- Logging in

function askForLogin(next) {
  afterLogin = next;
  render();
  byId("login").hidden = false;
  byId("login").querySelector("input").focus();
}

async function logIn({ email, password, is_new }) {
  const body = { email: email.value, password: password.value };
  if (is_new.checked) await request("POST", "/api/users/register/", { body });
  is_new.checked = false;
  session.tokens = (await request("POST", "/api/users/login/", { body })).data;
  password.value = "";
  byId("login").hidden = true;
  render();
  await resume();
  if (!booking) await afterLogin?.();
}

async function logOut() {
  const { refresh } = session.tokens;
  session.tokens = null;
  adopt(null);
  await request("POST", "/api/users/logout/", { body: { refresh } });
}

// A hold outlives a reload of the page.
async function resume() {
  if (!session.tokens) return;
  const { results } = await call("GET", `/api/bookings/?show=${id}&status=pending`);
  if (results.length) adopt(results[0]);
}

// ---- Holding and paying

async function hold() {
  if (!session.tokens) return askForLogin(hold);
  try {
    adopt(await postOnce("/api/bookings/", order()));
  } catch (problem) {
    const { code, alternatives, other_shows, single_seat_ids, unavailable_seat_ids } = problem;
    if (code === "seats_unavailable") {
      return lose(unavailable_seat_ids, alternatives, other_shows);
    }
    // The hold may have been made, and only its answer lost.
    if (!problem.status) await resume();
    if (booking) return;
    if (code === "leaves_single_seat") await offer([[...chosen.keys(), ...single_seat_ids]]);
    throw problem;
  }
}

const pathOf = (name = "") => `/api/bookings/${booking.id}/${name}`;

// Show a booking and what can be done with it; null to go on choosing.
function adopt(adopted) {
  booking = adopted;
  mine = new Set(booking?.status === "cancelled" ? [] : booking?.seat_ids);
  mine.forEach((seatId) => chosen.delete(seatId));
  if (booking) stand();
  byId("bank").hidden = true;
  render();
  if (!booking) return;
  const { status, reference, currency, amount_refunded } = booking;
  const isConfirmed = status === "confirmed";
  const panel = byId(status === "pending" ? "pay" : "done");
  const ended = `Cancelled, ${money(amount_refunded, currency)} refunded`;
  byId("done").querySelector("h2").textContent = isConfirmed ? "Booked" : ended;
  byId("reference").textContent = reference;
  byId("files").hidden = !isConfirmed;
  byId("tickets").replaceChildren();
  panel.querySelector("[data-cancel]").hidden = status === "cancelled";
  const lines = booking.seats.map((line) =>
    joined(nameOf(line), line.category, line.ticket_type, money(line.price, currency)));
  panel.querySelector(".lines").replaceChildren(...lines.map(textIn("li")));
  listAmounts(panel.querySelector("dl"), booking);
  tick();
  panel.querySelector("h2").focus();
  if (isConfirmed) showTickets().catch(complain);
}

function tick() {
  if (booking?.status !== "pending") return;
  const ms = Date.parse(booking.expires_at) - now();
  const left = Math.max(0, Math.floor(ms / 1000));
  const seconds = String(left % 60).padStart(2, "0");
  byId("countdown").textContent = `${Math.floor(left / 60)}:${seconds}`;
  if (left === 60) byId("live").textContent = "One minute left to pay.";
  if (ms < 0) act(reload);
}

// What the server says of the booking now. If its time is over, its seats are chosen again.
async function reload() {
  const found = await call("GET", pathOf());
  if (found.status === "expired") {
    adopt(null);
    await update();
    const free = seatsOf(found.seat_ids).filter(({ status }) => status === "available");
    choose(free.map((seat) => seat.id));
    complain({ detail: "The time to pay is over, and the seats are free for others." });
  } else if (found.status !== booking.status) adopt(found);
}

async function pay(payment_method) {
  try {
    await settle(await postOnce(pathOf("payments/"), { payment_method }));
  } catch (problem) {
    if (problem.status !== 409) throw problem;
    complain(problem);
    await reload();
  }
}

async function settle({ status, next_action, failure }) {
  await reload();
  if (status === "failed") throw new Problem({ detail: failure });
  bankUrl = next_action?.url;
  const bank = byId("bank");
  bank.hidden = status !== "requires_action";
  bank.querySelector("button").hidden = !bankUrl;
  bank.querySelector("span").textContent = bankUrl
    ? "Your bank wants to hear from you."
    : "Your bank has not answered yet; this page waits for it.";
}

async function cancel() {
  const isPaid = booking.status === "confirmed";
  const question = "Cancel this booking? The show's terms say how much is refunded.";
  if (isPaid && !confirm(question)) return;
  const cancelled = await postOnce(pathOf("cancel/"), {});
  adopt(isPaid ? cancelled : null);
  await update();
}

// ---- Tickets

async function showTickets() {
  const tickets = await call("GET", pathOf("tickets/"));
  const items = tickets.map(async (ticket) => {
    const name = nameOf(seats.get(ticket.seat_id) || ticket);
    const svg = await call("GET", pathOf(`tickets/${ticket.id}/qr.svg`));
    const src = `data:image/svg+xml,${encodeURIComponent(await svg.text())}`;
    const image = el("img", { src, alt: `QR code of the ticket for ${name}` });
    return el("li", {}, image, textIn("strong")(name), textIn("code")(ticket.code));
  });
  byId("tickets").replaceChildren(...(await Promise.all(items)));
}

async function save(name) {
  const href = URL.createObjectURL(await call("GET", pathOf(name)));
  el("a", { href, download: `${booking.reference}-${name}` }).click();
}

// ---- What can be done

// One thing at a time, and what is refused is said. What needs a login waits for one.
async function act(action) {
  if (isBusy) return;
  isBusy = true;
  complain();
  try {
    await action();
  } catch (problem) {
    // A wrong password is no reason to ask for a login again.
    if (problem.status === 401 && byId("login").hidden) askForLogin(action);
    else complain(problem);
  } finally {
    isBusy = false;
  }
}

function on(selector, type, action) {
  for (const node of document.querySelectorAll(selector)) {
    node.addEventListener(type, (event) => {
      event.preventDefault();
      act(() => action(node.elements || node));
    });
  }
}

on("#best", "submit", pickBest);
on("#options", "submit", renderSum);
on("#hold", "click", hold);
on("#account", "click", () => (session.tokens ? logOut() : askForLogin()));
on("#login form", "submit", logIn);
on("#pay form", "submit", ({ card }) => pay(card.value));
on("#bank button", "click", async () => settle((await request("POST", bankUrl)).data));
on("[data-save]", "click", ({ dataset }) => save(dataset.save));
on("#again", "click", () => adopt(null));
on("[data-cancel]", "click", cancel);

start().catch(complain);
