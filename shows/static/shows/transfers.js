// The page of tickets that others passed on. The link of a mail shows an offer, which is accepted with an
// account or as a guest, or the ticket that was accepted. A login shows all tickets of the account.

import { newKey, request, Session } from "./api.js";
import { onSubmit } from "./forms.js";
import { nameOf } from "./hall/names.js";
import { loginPanel } from "./login_panel.js";
import { byId, el, joined, localTime, textIn } from "./page.js";
import { t } from "./texts.js";
import { qrImage, saveFile } from "./tickets.js";

const session = new Session("tokens");
// The tab keeps the token for a reload. The address bar need not show it.
const KEY = "transfer";
if (location.hash) sessionStorage.setItem(KEY, decodeURIComponent(location.hash.slice(1)));
history.replaceState(null, "", location.pathname);
let offer = null;
let opened = [];
let page = 1;

const placeOf = ({ venue, screen }) => joined(`${venue.name}, ${venue.city}`, screen);

async function draw(isLoggedIn) {
  offer = null;
  opened = [];
  drawOffer();
  if (sessionStorage.getItem(KEY)) await open(sessionStorage.getItem(KEY));
  drawOffer();
  byId("tickets").replaceChildren(...opened.map(item));
  page = 1;
  byId("more").hidden = true;
  byId("list").hidden = !isLoggedIn && !opened.length;
  if (isLoggedIn) await more();
  byId("none").hidden = Boolean(offer || byId("tickets").children.length);
}

async function open(token) {
  try {
    const { data } = await request("POST", "/api/bookings/transfers/open/", { body: { token } });
    if (data.ticket) opened = [data.ticket];
    else offer = { ...data, token };
  } catch (problem) {
    if (problem.status !== 401) throw problem;
    sessionStorage.removeItem(KEY);
    throw Object.assign(problem, {
      message: t("This link has ended. The ticket was accepted, withdrawn or cancelled."), detail: "",
    });
  }
}

function drawOffer() {
  byId("offer").hidden = !offer;
  if (!offer) return;
  const { sender, message, show, seat, expires_at } = offer;
  byId("title").textContent = show.title;
  // An account has a name already.
  byId("offer").querySelector("[name=name]").required = !session.tokens;
  byId("sender").textContent = sender
    ? t("{sender} passes on a ticket to you.", { sender })
    : t("Somebody passes on a ticket to you.");
  const facts = [localTime(show), placeOf(show), joined(nameOf(seat), seat.category)];
  byId("facts").replaceChildren(...facts.map(textIn("span")));
  byId("message").textContent = message;
  byId("message").hidden = !message;
  byId("until").textContent = t("You can accept it until {time}.", { time: localTime(show, expires_at) });
}

async function accept(name) {
  const { token, email } = offer;
  const access = session.tokens ? null : await guest(email, name);
  const path = "/api/bookings/transfers/accept/";
  const body = name ? { token, name } : { token };
  const options = { body, headers: { "Idempotency-Key": newKey() } };
  const ticket = access
    ? (await request("POST", path, { ...options, token: access })).data
    : await session.call("POST", path, options);
  sessionStorage.removeItem(KEY);
  offer = null;
  opened = [ticket];
  drawOffer();
  byId("tickets").prepend(item(ticket));
  byId("list").hidden = false;
  byId("none").hidden = true;
}

// The session of a guest, which accepts this ticket and is then over.
async function guest(email, name) {
  const { data } = await request("POST", "/api/users/guest/", { body: { email, first_name: name } });
  return data.access;
}

async function more() {
  const path = `/api/bookings/transfers/?page=${page}&page_size=20`;
  const { results, next } = await session.call("GET", path);
  const known = new Set(opened.map(({ id }) => id));
  byId("tickets").append(...results.filter(({ id }) => !known.has(id)).map(item));
  page += 1;
  byId("more").hidden = !next;
}

function item(ticket) {
  const { id, show, code, qr_svg, holder_name, offered_to } = ticket;
  const name = nameOf(ticket);
  const facts = [localTime(show), placeOf(show), joined(holder_name, ticket.category, ticket.ticket_type)];
  if (offered_to) facts.push(t("Offered to {email}", { email: offered_to }));
  const save = el("button", { type: "button", textContent: t("Ticket as PDF"), hidden: !session.tokens });
  save.addEventListener("click", () => saveFile(session, `/api/bookings/transfers/${id}/`, "ticket.pdf", code));
  return el("li", {}, qrImage(qr_svg, name), textIn("strong")(show.title), textIn("strong")(name),
    textIn("code")(code), ...facts.map(textIn("span")), save);
}

onSubmit(byId("offer").querySelector("form"), ({ name }) => accept(name.value));
byId("more").addEventListener("click", () => more());
loginPanel(session, draw)();
