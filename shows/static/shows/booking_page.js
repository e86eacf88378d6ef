// The page of one booking, which mails link to. The token of the link opens it. Without a token, the
// customer or staff must log in.

import { listAmounts } from "./amounts.js";
import { now, Problem, request, Session } from "./api.js";
import { offerChanges } from "./booking_changes.js";
import { confirmCard, forgetCard, isShown, returned, showCard, takesCards } from "./card_payment.js";
import { offerToGiveBack } from "./give_back.js";
import { nameOf } from "./hall/names.js";
import { keepToken, keptToken, LinkSession } from "./link_session.js";
import { byId, complain, joined, localTime, money, textIn } from "./page.js";
import { passingOn } from "./passing_on.js";
import { showPoster } from "./posters.js";
import { statusName } from "./statuses.js";
import { t } from "./texts.js";
import { saveFile, ticketItems, ticketsOf } from "./tickets.js";

const { reference } = byId("booking").dataset;
const login = new Session("tokens");
let session = login;
let booking;
let path;

// Remove the token, and the parameters of a bank's page, from the address bar.
let waitsForBank = Boolean(returned());
const bankRefused = returned() === "failed";
if (location.hash) keepToken(reference, decodeURIComponent(location.hash.slice(1)));
let isAsked = new URLSearchParams(location.search).has("give-back");
history.replaceState(null, "", location.pathname);

const QUERY = "?expand=show";
const POLL_MS = 3000;

async function load() {
  booking = undefined;
  byId("exchanged").hidden = true;
  if (keptToken(reference)) await openLink();
  else if (login.tokens) {
    session = login;
    booking = await login.call("GET", `/api/bookings/by-reference/${reference}/${QUERY}`);
  }
  if (["confirmed", "cancelled"].includes(booking?.status)) await follow();
  await draw();
  if (bankRefused && booking?.status === "pending" && waitsForBank) {
    waitsForBank = false;
    throw new Problem({ detail: t("The bank has not confirmed the payment. Pay in another way.") });
  }
}

async function openLink() {
  session = new LinkSession(reference);
  const { id } = await session.open();
  booking = await session.call("GET", `/api/bookings/${id}/${QUERY}`);
}

// Find the bookings that exchanges made of this one, among the newest bookings.
async function findExchanges() {
  const { results } = await session.call("GET", `/api/bookings/${QUERY}`);
  return results.filter(({ exchanged_from }) => exchanged_from === booking.id);
}

// Show or offer the booking that an exchange made of this one. Its payment may be under way.
async function follow() {
  const found = await findExchanges();
  const [pending, confirmed] = ["pending", "confirmed"].map((wanted) =>
    found.find(({ status }) => status === wanted));
  if (pending && waitsForBank) booking = pending;
  else if (confirmed && booking.status === "cancelled") booking = confirmed;
  else if (pending || confirmed) leadTo(pending || confirmed);
}

function leadTo({ id, status }) {
  const [text, button] = status === "pending"
    ? [t("An exchange of these tickets waits for its payment."), t("Go on with the exchange")]
    : [t("Some tickets were exchanged."), t("Show the new tickets")];
  const box = byId("exchanged");
  box.querySelector("span").textContent = text;
  Object.assign(box.querySelector("button"), { textContent: button, onclick: () => act(() => show(id)) });
  box.hidden = false;
}

// Load a booking again and show it.
async function show(id) {
  byId("exchanged").hidden = true;
  booking = await session.call("GET", `/api/bookings/${id}/${QUERY}`);
  await draw();
}

async function draw() {
  byId("account").textContent = login.tokens ? t("Log out") : t("Log in");
  byId("login").hidden = Boolean(booking || login.tokens);
  byId("details").hidden = !booking;
  if (!booking) return;
  const drawn = booking;
  const { status, seats, currency, expires_at, amount_refunded, show_details } = booking;
  path = `/api/bookings/${booking.id}/`;
  document.querySelector("h1").textContent = t("Booking {reference}", booking);
  byId("status").textContent = statusName(status);
  byId("status").dataset.status = status;
  showPoster(byId("poster"), show_details.event);
  byId("event").textContent = show_details.event.title;
  const { venue, screen } = show_details;
  const place = joined(`${venue.name}, ${venue.city}`, screen.name);
  byId("facts").replaceChildren(...[localTime(show_details), place].map(textIn("span")));
  const refunded = Number(amount_refunded) && t("{amount} refunded.", { amount: money(amount_refunded, currency) });
  const until = status === "pending" && t("Pay until {time}.", { time: localTime(show_details, expires_at) });
  const waiting = status === "pending" && waitsForBank && t("Your bank has not answered yet. This page waits for it.");
  byId("note").textContent = [until, waiting, refunded].filter(Boolean).join(" ");
  byId("paying").hidden = status !== "pending";
  byId("files").hidden = status !== "confirmed";
  byId("resend").hidden = !["confirmed", "pending"].includes(status);
  if (status !== "pending") forgetCard(byId("card"));
  const lines = seats.map((line) =>
    joined(nameOf(line), line.category, line.ticket_type, money(line.price, currency)));
  byId("lines").replaceChildren(...lines.map(textIn("li")));
  listAmounts(byId("amounts"), { ...booking, ...booking.current_amounts });
  const seatOf = ({ seat_id }) => seats.find((line) => line.seat_id === seat_id);
  const tickets = status === "confirmed" ? await ticketsOf(session, path) : [];
  const controls = (ticket) => passingOn(session, path, ticket, () => act(load));
  const items = await ticketItems(session, path, seatOf, tickets, controls);
  if (booking !== drawn) return; // Another booking was opened meanwhile.
  const canChange = booking.sales_channel !== "box_office";
  if (canChange) offerChanges(booking, { tickets, by: session, run: act, done: show });
  byId("tickets").replaceChildren(...items);
  tick();
  byId("moved").hidden = true;
  if (status === "confirmed") {
    const timeOf = (instant) => localTime(show_details, instant);
    const giveBack = () => act(cancel);
    await offerToGiveBack({ session, path, show: show_details, timeOf, giveBack, isAsked });
    isAsked = false;
  }
}

async function cancel() {
  await session.postOnce(`${path}cancel/`, {});
  await load();
}

// Show the time that is left to pay.
function tick() {
  const isPending = booking?.status === "pending";
  const seconds = isPending ? Math.floor((Date.parse(booking.expires_at) - now()) / 1000) : -1;
  const isShort = seconds >= 0 && seconds < 3600;
  const parts = [Math.floor(seconds / 60), String(seconds % 60).padStart(2, "0")];
  byId("countdown").textContent = isShort ? parts.join(":") : "";
}

setInterval(tick, 1000);
setInterval(() => {
  if (booking?.status === "pending" && waitsForBank && !document.hidden) act(() => show(booking.id));
}, POLL_MS);

async function act(action) {
  complain();
  try {
    await action();
  } catch (problem) {
    const isHidden = problem.status === 404;
    const detail = t("This login has no such booking. Log in with the account that booked.");
    complain(isHidden ? { detail } : problem);
    if (!booking) await draw();
  }
}

// Pay. The sandbox's bank is asked at once to confirm the payment. A card needs two steps: this page
// shows the fields of the card, and then confirms the payment.
async function pay() {
  if (takesCards && isShown()) {
    await confirmCard(reference);
    waitsForBank = true;
    return show(booking.id);
  }
  const { next_action, client_secret } = await session.postOnce(`${path}payments/`, {});
  if (takesCards && client_secret) return showCard(byId("card"), client_secret);
  if (next_action) await request("POST", next_action.url);
  await show(booking.id);
}

async function resend() {
  await session.call("POST", `${path}resend/`);
  byId("note").textContent = t("The mail is on its way.");
}

async function logIn({ email, password }) {
  await login.logIn(email.value, password.value);
  password.value = "";
  await load();
}

async function logOut() {
  if (!login.tokens) return openLogin();
  const ending = login.logOut();
  booking = undefined;
  await draw();
  await ending;
}

function openLogin() {
  byId("login").hidden = false;
  byId("login").querySelector("input").focus();
}

byId("login").querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  act(() => logIn(event.target.elements));
});
byId("pay").addEventListener("click", () => act(pay));
byId("resend").addEventListener("click", () => act(resend));
byId("account").addEventListener("click", () => act(logOut));
for (const button of document.querySelectorAll("[data-save]")) {
  const { save } = button.dataset;
  button.addEventListener("click", () => act(() => saveFile(session, path, save, reference)));
}
// A page that the browser kept may be out of date after a visit to the seat picker.
addEventListener("pageshow", ({ persisted }) => persisted && act(load));
act(load);
