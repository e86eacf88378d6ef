// A page to choose seats on, hold them, pay, and be given the tickets.

import { call, get, now, postOnce, Problem, request, session } from "./api.js";
import { descriptionOf, Hall, nameOf, namesOf } from "./hall.js";
import { byId, complain, countOf, el, joined, localTime, money, option, sum, textIn } from "./page.js";

const POLL_MS = 4000;
const id = byId("picker").dataset.show;
const path = `/api/shows/${id}/`;
const fields = byId("options").elements;

const chosen = new Map(); // The ticket type by seat id, in the order of choosing.
const standing = new Map(); // How many places in an area, by its name.
const gone = new Set(); // What others took away from under this customer's hands.
const counts = new Map(); // Where the legend says what is left of a category.
let show, seats, areas;
let booking = null;
let mine = new Set(); // The seats of the booking.
let isBusy = false;
let afterLogin = null;
let etag, quoting;

const hall = new Hall(byId("hall"), {
  lookOf, textOf: (seat) => joined(descriptionOf(seat), priced(priceOf(seat)), stateOf(seat)),
  onChoose: toggle, onArea: ({ name }) => byId(`area-${name}`).focus(),
});

// ---- The show, its seats and what they cost

async function start() {
  const map = await hall.load(id, get);
  ({ show } = map);
  seats = new Map(map.seats.map((seat) => [seat.id, seat]));
  areas = map.areas || [];
  const { venue, screen, language, format, on_sale, sales_open_at } = show;
  const place = joined(`${venue.name}, ${venue.city}`, screen.name, language, format);
  byId("facts").replaceChildren(...[localTime(show), place].map(textIn("span")));
  const opens = new Date(sales_open_at || 0) > now() && localTime(show, sales_open_at);
  byId("sale").textContent = on_sale ? "" : opens ? `On sale from ${opens}.` : "Not on sale.";
  byId("best").elements.category.append(...map.categories.map(({ name }) => option(name)));
  byId("areas").replaceChildren(...areas.map(areaField));
  map.categories.forEach(({ name }) => counts.set(name, el("small")));
  hall.drawLegend([
    ...map.categories.map(({ name }, index) =>
      [`url(#category-${index})`, `${name} ${pricesOf(name)}`, "", counts.get(name)]),
    ["url(#chosen)", "Your choice"],
    ["url(#taken)", "Taken"],
  ]);
  count(Object.fromEntries(map.categories.map((category) => [category.name, category])));
  const asked = new URLSearchParams(location.search).get("seats")?.split(",") || [];
  choose(asked.filter((seatId) => seats.get(Number(seatId))?.status === "available").map(Number));
  watch();
  setInterval(tick, 1000);
  await act(resume);
}

const seatsOf = (ids) => [...ids].map((seatId) => seats.get(seatId));
const priced = (amount) => money(amount, show.currency);

// [["Adult", "250.00"], …]; one entry without a name where there are no types.
function typesOf(category) {
  const prices = show.prices[category];
  return typeof prices === "string" ? [["", prices]] : Object.entries(prices);
}

const pricesOf = (category) =>
  typesOf(category).map(([type, amount]) => `${type} ${priced(amount)}`).join(", ");

function priceOf(seat) {
  const type = typesOf(seat.category).find(([name]) => name === chosen.get(seat.id));
  return type ? type[1] : seat.price;
}

function lookOf({ id: seatId, status }) {
  if (chosen.has(seatId)) return "chosen";
  if (mine.has(seatId)) return "mine";
  if (gone.has(seatId)) return "gone";
  return status === "available" ? "free" : "taken";
}

const stateOf = (seat) =>
  ({ gone: "no longer available", mine: "yours", taken: seat.status })[lookOf(seat)] || lookOf(seat);

function count(categories) {
  for (const [name, { available }] of Object.entries(categories)) {
    counts.get(name).textContent = available ? `${available} left` : "sold out";
  }
}

// ---- What is free now

async function watch() {
  for (let wait = POLL_MS; ; ) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    if (document.hidden) {
      const once = { once: true };
      await new Promise((wake) => document.addEventListener("visibilitychange", wake, once));
    }
    try {
      await update();
      if (!isBusy && booking && !byId("bank").hidden) await reload();
      wait = POLL_MS;
    } catch {
      wait = 4 * POLL_MS;
    }
  }
}

async function update() {
  const headers = etag && { "If-None-Match": etag };
  const { response, data } = await request("GET", `${path}availability/`, { headers });
  if (response.status === 304) return;
  etag = response.headers.get("ETag");
  const unavailable = new Set(data.unavailable_seat_ids);
  for (const seat of seats.values()) {
    if (!unavailable.has(seat.id)) {
      seat.status = "available";
      gone.delete(seat.id);
    } else if (seat.status === "available") seat.status = "taken";
  }
  count(data.categories);
  hall.refresh();
  const lost = [...chosen.keys()].filter((seatId) => unavailable.has(seatId));
  // While a hold is under way, or its outcome unknown, they may well be one's own.
  if (!lost.length || isBusy || booking) return;
  const wanted = seatsOf(chosen.keys());
  const best = await findBest(wanted.length, wanted[0].category, wanted.some((seat) => seat.accessible))
    .catch(() => null);
  await lose(lost, best ? [best.seat_ids] : []);
}

function findBest(quantity, category, accessible) {
  const query = new URLSearchParams({ quantity });
  if (category) query.set("category", category);
  if (accessible) query.set("accessible", "true");
  return get(`${path}best-seats/?${query}`);
}

// Somebody else was quicker: say which seats are gone, and offer others.
async function lose(ids, offers, otherShows) {
  const lost = seatsOf(ids);
  for (const seat of lost) {
    chosen.delete(seat.id);
    gone.add(seat.id);
    seat.status = "taken";
  }
  render();
  hall.reveal(lost[0]);
  complain({ detail: `No longer available: ${namesOf(lost)}.` });
  await offer(offers, otherShows);
}

// Seats of this show, or, where there are none, other shows of the event on that day.
async function offer(groups, otherShows) {
  const buttons = groups.map((ids) => {
    const group = seatsOf(ids);
    const categories = [...new Set(group.map(({ category }) => category))].join(", ");
    const price = priced(sum(group.map((seat) => seat.price)));
    const textContent = joined(namesOf(group), categories, price);
    return el("button", { type: "button", textContent, onclick: () => choose(ids) });
  });
  const others = groups.length ? otherShows || [] : otherShows?.length ? otherShows : await findShows();
  const links = others.map(({ show: other, start_time, seat_ids = [] }) => {
    const textContent = joined(localTime(show, start_time), seat_ids.length && "seats side by side");
    return el("a", { href: `/shows/${other}/?seats=${seat_ids}`, textContent });
  });
  byId("offers").querySelector("div").replaceChildren(...buttons, ...links);
  byId("offers").hidden = !buttons.length && !links.length;
}

async function findShows() {
  const { event, venue, local_start_time } = show;
  const date = local_start_time.slice(0, 10);
  const query = new URLSearchParams({ event: event.id, venue: venue.id, date, available: "true" });
  const { results } = await get(`/api/shows/?${query}`).catch(() => ({ results: [] }));
  return results.filter((other) => other.id !== show.id && other.on_sale)
    .map((other) => ({ ...other, show: other.id }));
}

// ---- Choosing

// Seats that are sold as a pair come and go together.
function toggle(seat) {
  if (booking) return;
  const pair = seat.couple ? seat.line.seats.filter(({ couple }) => couple === seat.couple) : [seat];
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
    choose(best.seat_ids);
    if (!best.adjacent) complain({ detail: "There are not so many seats left side by side." });
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
  const places = areas.flatMap(({ name, category }) =>
    Array(standing.get(name) || 0).fill(typesOf(category)[0][1]));
  const prices = [...seatsOf(chosen.keys()).map(priceOf), ...places];
  byId("hold").disabled = !prices.length || !show.on_sale;
  byId("sum").textContent = joined(countOf(prices.length, "seat"), prices.length && priced(sum(prices)));
  byId("unknown").hidden = !prices.length || Boolean(session.tokens);
  byId("quote").replaceChildren();
  clearTimeout(quoting);
  if (prices.length && !booking && session.tokens) quoting = setTimeout(() => quote(quoting), 250);
}

async function quote(turn) {
  const answer = await call("POST", "/api/bookings/quote/", { body: order() })
    .catch((problem) => problem);
  if (turn !== quoting) return;
  if (answer instanceof Problem) return complain(answer);
  listAmounts(byId("quote"), answer);
  byId("sum").textContent = joined(countOf(answer.seats.length, "seat"), priced(answer.total));
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

function areaField({ name, category, available }) {
  const input = el("input", { id: `area-${name}`, type: "number", min: 0, max: available, value: 0 });
  input.onchange = () => {
    standing.set(name, input.valueAsNumber || 0);
    renderSum();
  };
  return el("label", {}, `${name}, ${pricesOf(category)}`, input);
}

function order() {
  const types = [...chosen].filter(([, type]) => type);
  const places = [...standing].filter(([, quantity]) => quantity);
  return {
    show_id: show.id,
    ...(chosen.size && { seat_ids: [...chosen.keys()] }),
    ...(types.length && { ticket_types: Object.fromEntries(types) }),
    ...(places.length && { areas: Object.fromEntries(places) }),
    ...(fields.promo_code.value.trim() && { promo_code: fields.promo_code.value.trim() }),
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
  session.tokens = await request("POST", "/api/users/login/", { body }).then(
    ({ data }) => data,
    // A wrong password is no reason to ask for a login again.
    (problem) => { throw new Problem({ ...problem, status: 400 }); },
  );
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
    if (problem.code === "seats_unavailable" && problem.unavailable_seat_ids.length) {
      await lose(problem.unavailable_seat_ids, problem.alternatives, problem.other_shows);
    } else {
      if (problem.code === "leaves_single_seat") {
        await offer([[...chosen.keys(), ...problem.single_seat_ids]]);
      }
      throw problem;
    }
  }
}

const pathOf = (name = "") => `/api/bookings/${booking.id}/${name}`;

// Show a booking and what can be done with it; null to go on choosing.
function adopt(adopted) {
  booking = adopted;
  mine = new Set(booking?.status === "cancelled" ? [] : booking?.seat_ids);
  mine.forEach((seatId) => chosen.delete(seatId));
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
  byId("countdown").textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  if (left === 60) byId("live").textContent = "One minute left to pay.";
  if (ms < 0) act(reload);
}

// What the server says of the booking now. If its time is over, its seats are chosen again.
async function reload() {
  const found = await call("GET", pathOf());
  if (found.status === "expired") {
    adopt(null);
    await update();
    choose(found.seat_ids.filter((seatId) => seats.get(seatId).status === "available"));
    complain({ detail: "The time to pay is over, and the seats are free for others." });
  } else if (found.status !== booking.status) adopt(found);
}

let bankUrl;

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
  bankUrl = next_action?.url;
  const bank = byId("bank");
  bank.hidden = status !== "requires_action";
  bank.querySelector("button").hidden = !bankUrl;
  bank.querySelector("span").textContent = bankUrl
    ? "Your bank wants to hear from you."
    : "Your bank has not answered yet; this page waits for it.";
  await reload();
  if (status === "failed") throw new Problem({ detail: failure });
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
    const name = nameOf({ section: "", ...seats.get(ticket.seat_id), ...ticket });
    const svg = await call("GET", pathOf(`tickets/${ticket.id}/qr.svg`));
    const src = `data:image/svg+xml,${encodeURIComponent(await svg.text())}`;
    const image = el("img", { src, alt: `QR code of the ticket for ${name}` });
    return el("li", {}, image, textIn("strong")(name), textIn("code")(ticket.code));
  });
  byId("tickets").replaceChildren(...await Promise.all(items));
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
    if (problem.status === 401) askForLogin(action);
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
