// The page of one booking, which mails link to. The token of the link opens it. Without a token, its
// customer sees it after a login, and so do staff.

import { listAmounts } from "./amounts.js";
import { Problem, request, Session } from "./api.js";
import { offerToGiveBack } from "./give_back.js";
import { nameOf } from "./hall/names.js";
import { LinkSession } from "./link_session.js";
import { byId, complain, joined, localTime, money, textIn } from "./page.js";
import { statusName } from "./statuses.js";
import { t } from "./texts.js";
import { saveFile, ticketItems } from "./tickets.js";

const { reference } = byId("booking").dataset;
const login = new Session("tokens");
let session = login;
let booking;
let path;

// The tab keeps the token for a reload. The address bar need not show it.
const key = `link ${reference}`;
if (location.hash) sessionStorage.setItem(key, decodeURIComponent(location.hash.slice(1)));
let isAsked = new URLSearchParams(location.search).has("give-back");
history.replaceState(null, "", location.pathname);

async function load() {
  booking = undefined;
  const token = sessionStorage.getItem(key);
  const query = "?expand=show";
  if (token) await openLink(token, query);
  else if (login.tokens) {
    session = login;
    booking = await login.call("GET", `/api/bookings/by-reference/${reference}/${query}`);
  }
  await draw();
}

async function openLink(token, query) {
  session = new LinkSession(reference, token);
  try {
    const { id } = await session.open();
    booking = await session.call("GET", `/api/bookings/${id}/${query}`);
  } catch (problem) {
    if (problem.status !== 401) throw problem;
    sessionStorage.removeItem(key);
    throw new Problem({ detail: t("This link has ended. Log in to see your booking.") });
  }
}

async function draw() {
  byId("account").textContent = login.tokens ? t("Log out") : t("Log in");
  byId("login").hidden = Boolean(booking || login.tokens);
  byId("details").hidden = !booking;
  if (!booking) return;
  const { status, seats, currency, expires_at, amount_refunded, show_details: show } = booking;
  path = `/api/bookings/${booking.id}/`;
  byId("status").textContent = statusName(status);
  byId("event").textContent = show.event.title;
  const place = joined(`${show.venue.name}, ${show.venue.city}`, show.screen.name);
  byId("facts").replaceChildren(...[localTime(show), place].map(textIn("span")));
  const refunded = Number(amount_refunded) && t("{amount} refunded.", { amount: money(amount_refunded, currency) });
  const until = status === "pending" && t("Pay until {time}.", { time: localTime(show, expires_at) });
  byId("note").textContent = [until, refunded].filter(Boolean).join(" ");
  byId("pay").hidden = status !== "pending";
  byId("pay").href = `/shows/${booking.show}/`;
  byId("files").hidden = status !== "confirmed";
  const lines = seats.map((line) =>
    joined(nameOf(line), line.category, line.ticket_type, money(line.price, currency)));
  byId("lines").replaceChildren(...lines.map(textIn("li")));
  listAmounts(byId("amounts"), booking);
  const seatOf = ({ seat_id }) => seats.find((line) => line.seat_id === seat_id);
  const tickets = status === "confirmed" ? await ticketItems(session, path, seatOf) : [];
  byId("tickets").replaceChildren(...tickets);
  byId("moved").hidden = true;
  if (status === "confirmed") {
    const timeOf = (instant) => localTime(show, instant);
    const giveBack = () => act(cancel);
    await offerToGiveBack({ session, path, show, timeOf, giveBack, isAsked });
    isAsked = false;
  }
}

async function cancel() {
  await session.postOnce(`${path}cancel/`, {});
  await load();
}

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

// Pay, and confirm at the bank of the sandbox if it asks for that.
async function pay() {
  const { next_action } = await session.postOnce(`${path}payments/`, {});
  if (next_action) await request("POST", next_action.url);
  await load();
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
// The page of the show asks for a way to pay, but needs a login.
byId("pay").addEventListener("click", (event) => {
  if (session === login) return;
  event.preventDefault();
  act(pay);
});
byId("account").addEventListener("click", () => act(logOut));
for (const button of document.querySelectorAll("[data-save]")) {
  const { save } = button.dataset;
  button.addEventListener("click", () => act(() => saveFile(session, path, save, reference)));
}
act(load);
