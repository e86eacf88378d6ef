// The till: it connects the panels of the page, one file each.

import { byId, complain } from "../shows/page.js";
import { loadCurrencies } from "./amounts.js";
import { findBookings } from "./counter.js";
import { printReceipt, printTickets } from "./paper.js";
import { askForCustomer, drawSold, finishSale, finishUndo, undoSale, ways } from "./payment.js";
import { clearSale, openSale, render, updateSeats } from "./sale.js";
import {
  begin, logIn, logOut, openCashSession, openSetup, sellWithoutCash, setUp, verify,
} from "./setup.js";
import {
  closeSession, finishShift, openShift, printReport, recordMovement, startNextSession,
} from "./shift.js";
import { listShows } from "./shows.js";
import { call, kept, onConnection, session, state, till } from "./state.js";
import { sendWaiting, waiting } from "./waiting.js";

const SHOWS_MS = 15_000;
const SEATS_MS = 4000;
const PANELS = { shows: listShows, sale: openSale, shift: openShift };

const active = new Set(); // The sources of actions that are not done.
let queue = Promise.resolve();

// Show a panel, once it has its data.
till.open = async (name, ...data) => {
  kept.set("panel", { name, data });
  const panel = byId(name);
  for (const section of document.querySelectorAll("[data-panel]")) section.hidden = section !== panel;
  for (const button of document.querySelectorAll("[data-needs-login]")) {
    button.hidden = !session.tokens || !state.venue;
  }
  byId("last-sale").hidden = !session.tokens || !state.sold;
  complain();
  const field = panel.querySelector("form input, h1[tabindex]");
  if (name !== "shift") field?.focus();
  await PANELS[name]?.(...data);
};

// Run actions one after the other, and show their problems. A second touch of the same button
// counts only once the first is done, unless each touch is an action of its own.
till.act = (action, source = action) => {
  if (active.has(source)) return queue;
  active.add(source);
  queue = queue.then(async () => {
    complain();
    try {
      await action();
    } catch (problem) {
      refuse(problem);
    } finally {
      active.delete(source);
    }
  });
  return queue;
};

function refuse(problem) {
  if (problem.isWaiting) return; // Its own notice is open.
  if (problem.status === 401) askForLogin(problem);
  else if (problem.code === "second_factor_required") openPanelOnly("code");
  else if (problem.code === "cash_session_closed" || problem.code === "cash_session_required") {
    state.cash = null;
    complain(problem);
  } else complain(problem);
}

// The panel that was open comes back after the login.
function askForLogin(problem) {
  openPanelOnly("login");
  complain(byId("login").hidden ? problem : { detail: "Log in, please." });
}

function openPanelOnly(name) {
  for (const section of document.querySelectorAll("[data-panel]")) section.hidden = section.id !== name;
  byId(name).querySelector("input").focus();
}

// Send the request that waits, and go on with its answer.
till.resume = () =>
  till.act(async () => {
    if (!waiting()) return;
    const { kind } = waiting();
    if (kind === "sale") await finishSale(sendWaiting);
    else if (kind === "undo") await finishUndo(sendWaiting);
    else if (kind === "opening") {
      state.cash = await sendWaiting();
      await till.open("shows");
    } else await finishShift(await sendWaiting());
  });

async function start() {
  onConnection(true);
  await loadCurrencies();
  const before = kept.get("panel");
  state.sold = kept.get("sold");
  await begin();
  await goOn(before);
}

// Go on where the till was before a reload or a login.
async function goOn(before) {
  const { name, data = [] } = before ?? {};
  if (!session.tokens || !state.venue || byId("shows").hidden) return;
  if (waiting()) setTimeout(till.resume);
  else if (name === "sale") await till.open("sale", ...data);
  else if (name === "done" && state.sold) await openLastSale();
  else if (["counter", "shift"].includes(name)) await till.open(name);
}

async function openLastSale() {
  drawSold(state.sold);
  await till.open("done");
}

// ---- Listening

const on = (selector, type, action) => {
  for (const node of document.querySelectorAll(selector)) {
    node.addEventListener(type, (event) => {
      event.preventDefault();
      till.act(() => action(node.elements ?? node), node);
    });
  }
};

const showOf = (sale) => call("GET", `/api/shows/${sale.show}/`);

const AFTER_SALE = {
  next: () => till.open("shows"),
  again: () => till.open("sale", state.sold.show),
  tickets: async () => printTickets(state.sold, await showOf(state.sold)),
  receipt: async () => printReceipt(state.sold, await showOf(state.sold)),
  undo: () => undoSale(),
};
const KEYS = { F2: "exact", F3: "cash", F4: "card" };

on("#login form", "submit", async (fields) => {
  const before = kept.get("panel");
  await logIn(fields);
  await goOn(before);
});
on("#code form", "submit", async (fields) => {
  const before = kept.get("panel");
  await verify(fields);
  await goOn(before);
});
on("#setup form", "submit", setUp);
on("#opening form", "submit", openCashSession);
on("#without-cash", "click", sellWithoutCash);
on("#change-till", "click", openSetup);
on("#log-out", "click", logOut);
on("#last-sale", "click", openLastSale);
on("#counter form", "submit", findBookings);
on("#movement", "submit", recordMovement);
on("#closing", "submit", closeSession);
on("#print-report", "click", printReport);
on("#next-session", "click", startNextSession);
on("#day", "change", listShows);
on("#clear", "click", clearSale);
on("#customer-button", "click", async () => {
  await askForCustomer();
  render();
});
on("[data-open]", "click", ({ dataset }) => till.open(dataset.open));
on("[data-pay]", "click", ({ dataset }) => ways[dataset.pay]());
on("[data-done]", "click", ({ dataset }) => AFTER_SALE[dataset.done]());
byId("away").querySelector("button").addEventListener("click", () => till.resume());

document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]") || byId("sale").hidden) return;
  const button = document.querySelector(`[data-pay="${KEYS[event.key]}"]`);
  if (!button) return;
  event.preventDefault();
  if (!button.disabled) button.click();
});

document.addEventListener("connection", ({ detail: isOnline }) => {
  byId("connection").textContent = isOnline ? "● online" : "○ The server does not answer";
  byId("connection").classList.toggle("away", !isOnline);
});
globalThis.addEventListener("offline", () => onConnection(false));

// Read again what others change, unless an action runs.
setInterval(() => {
  if (!active.size && !byId("shows").hidden && session.tokens) listShows().catch(() => {});
}, SHOWS_MS);
setInterval(() => {
  if (active.size || byId("sale").hidden || document.querySelector("dialog[open]")) return;
  updateSeats().catch((problem) => problem.status === undefined && complain(problem));
}, SEATS_MS);

till.act(start);
