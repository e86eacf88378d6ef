// The steps before a sale: a login, the venue and station, and an open cash session.

import { byId, option } from "../shows/page.js";
import { typedAmount } from "./amounts.js";
import { call, fixed, kept, session, state, till } from "./state.js";
import { sendOnce } from "./waiting.js";

const MAX_PAGES = 20;

export async function logIn({ email, password }) {
  await session.logIn(email.value, password.value);
  kept.set("user", email.value.trim().toLowerCase());
  await begin();
}

export async function verify({ code }) {
  await call("POST", "/api/users/second-factor/verify/", { body: { code: code.value.trim() } });
  await begin();
}

export async function logOut() {
  const ended = session.logOut();
  state.cash = null;
  till.open("login");
  await ended.catch(() => {}); // The tokens of this tab are gone in any case.
}

// Open the panel that comes next.
export async function begin() {
  const known = fixed.get("till");
  if (!session.tokens) return till.open("login");
  if (!known) return openSetup();
  state.venue = await call("GET", `/api/venues/${known.venue}/`);
  state.station = known.station;
  byId("where").textContent = `${state.venue.name} · ${state.station}`;
  await findCashSession();
  const mayStart = state.cash || fixed.get("without-cash");
  return mayStart ? till.open("shows") : openOpening();
}

// Find the open session of this station.
export async function findCashSession() {
  const query = new URLSearchParams({ venue: state.venue.id, station: state.station, open: "true" });
  const { results } = await call("GET", `/api/box-office/cash-sessions/?${query}`);
  state.cash = results[0] ?? null;
}

export async function openSetup() {
  const select = byId("setup").querySelector("select");
  const venues = [];
  let next = "/api/venues/?ordering=name&page_size=100";
  for (let page = 0; next && page < MAX_PAGES; page++) {
    const answer = await call("GET", next);
    venues.push(...answer.results);
    next = answer.next?.slice(answer.next.indexOf("/api/"));
  }
  select.replaceChildren(...venues.map(({ id, name, city }) => option(id, `${name}, ${city}`)));
  const known = fixed.get("till");
  if (known) select.value = known.venue;
  byId("setup").querySelector("input").value = known?.station ?? "";
  till.open("setup");
}

export async function setUp({ venue, station }) {
  fixed.set("till", { venue: Number(venue.value), station: station.value.trim() });
  fixed.set("without-cash", false);
  await begin();
}

// Ask for the float. The currencies are those of the venue's shows.
export async function openOpening() {
  const { results } = await call("GET", `/api/shows/?venue=${state.venue.id}&page_size=100`);
  const used = [...new Set(results.map(({ currency }) => currency))];
  const { currencies } = await call("GET", "/api/config/");
  const names = used.length ? used : Object.keys(currencies).sort();
  byId("opening").querySelector("select").replaceChildren(...names.map((name) => option(name)));
  till.open("opening");
}

export async function openCashSession({ currency, opening_float: float }) {
  const body = {
    venue: state.venue.id, station: state.station, currency: currency.value,
    opening_float: typedAmount(float.value),
  };
  state.cash = await sendOnce("opening", "/api/box-office/cash-sessions/", body);
  float.value = "";
  fixed.set("without-cash", false);
  await till.open("shows");
}

export async function sellWithoutCash() {
  fixed.set("without-cash", true);
  await till.open("shows");
}

