// The scanner for the door. It asks the API while there is a connection. Otherwise it decides with
// the bundle that it read before, and keeps these scans until the server has them.

import { byId } from "../shows/page.js";
import { hasCamera, isOn, startCamera, stopCamera } from "./camera.js";
import { chooseVenue, listShows, listVenues, showsAtDoors } from "./shows.js";
import { call, isUnreachable, onConnection, session, state, stored } from "./state.js";
import { refreshBundle, sync } from "./sync.js";
import { acceptedByServer, decideAlone, refusedByServer, time, TITLES, undone } from "./verdicts.js";
import { clearVisitors, findVisitors } from "./visitors.js";

const SYNC_MS = 10_000;
const BUNDLE_MS = 60_000;
const COUNT_MS = 10_000;
const LISTENERS = { onLogin: () => openLogin("Log in again, please."), onChange: draw };

// ---- Panels

function open(name) {
  for (const section of document.querySelectorAll("main > section")) section.hidden = section.id !== name;
  byId("problem").hidden = true;
  document.querySelector(`#${name} input`).focus();
}

function complain({ message }) {
  byId("problem").textContent = message;
  byId("problem").hidden = false;
}

function openLogin(message) {
  stopCamera();
  open("login");
  if (message) complain({ message });
}

async function openShows() {
  stopCamera();
  Object.assign(state, { show: null, bundle: null, queue: [], conflicts: [], admitted: 0 });
  stored.drop("last");
  draw();
  open("shows");
  try {
    await listVenues();
  } catch (problem) {
    complain(problem);
  }
  await search("");
}

async function search(text) {
  try {
    await listShows(text, openDoor);
  } catch (problem) {
    if (problem.status === 401) openLogin("");
    else complain(problem);
  }
}

async function openDoor(id) {
  const before = stored.get(`show.${id}`);
  Object.assign(state, { show: id, bundle: null, queue: [], conflicts: [], admitted: 0, ...before });
  stored.set("last", id);
  showVerdict({ kind: "ready", title: "Ready", detail: "Scan a ticket, or type its code." });
  lastIn = null;
  byId("undo").hidden = true;
  byId("count").textContent = "";
  clearVisitors();
  open("door");
  countVisitors();
  await refreshBundle(LISTENERS);
  await sync(LISTENERS);
}

// Show how many are in and expected, at all doors of this show.
async function countVisitors() {
  try {
    if (!byId("shows").hidden) await listShows(searchText(), openDoor);
    if (!state.show || byId("door").hidden) return;
    const show = (await showsAtDoors()).find(({ id }) => id === state.show);
    byId("count").textContent = show ? `${show.checked_in} of ${show.expected} in` : "";
  } catch (problem) {
    if (problem.status === 401) openLogin("Log in again, please.");
  }
}

const searchText = () => document.querySelector("#shows [name=search]").value;

function draw() {
  byId("name").textContent = state.bundle ? state.bundle.show.title : "Check-in";
  byId("admitted").textContent = state.admitted;
  byId("waiting").textContent = state.queue.length;
  byId("conflicts").hidden = !state.conflicts.length;
  byId("conflicts").lastElementChild.replaceChildren(...state.conflicts.map(conflictItem));
}

function conflictItem({ seat, outcome, reason, checked_in_at }) {
  const item = document.createElement("li");
  const why = TITLES[reason] ?? outcome.replaceAll("_", " ");
  const facts = [seat && `Seat ${seat}`, why, checked_in_at && time(checked_in_at)];
  item.textContent = facts.filter(Boolean).join(" · ");
  return item;
}

function showVerdict({ kind, title, detail }) {
  byId("result").dataset.kind = kind;
  byId("result").firstElementChild.textContent = title;
  byId("result").lastElementChild.textContent = detail;
  draw();
}

// ---- A scan

let lastIn = null; // The payload that was accepted last.

async function check(text) {
  const payload = text.trim().toUpperCase();
  showVerdict({ kind: "ready", title: "…", detail: "" });
  const verdict = await judge(payload, newId());
  if (!verdict) return;
  if (verdict.kind === "in") {
    state.admitted += 1;
    lastIn = payload;
  }
  showVerdict(verdict);
  byId("undo").hidden = verdict.kind !== "in";
  countVisitors();
  navigator.vibrate?.(verdict.kind === "in" ? 80 : [80, 80, 80, 80, 80]);
}

// A scan keeps its id, so it counts once even if the server's answer is lost.
async function judge(payload, scanId) {
  try {
    const body = { payload, show: state.show, scan_id: scanId };
    const ticket = await call("POST", "bookings/check-in/", body);
    refreshBundle(LISTENERS);
    return acceptedByServer(ticket);
  } catch (problem) {
    if (isUnreachable(problem)) return decideAlone(payload, scanId);
    if (problem.status !== 401) return refusedByServer(problem);
    openLogin("Log in again, please.");
    return null;
  }
}

async function undo(payload) {
  try {
    showVerdict(undone(await call("POST", "bookings/check-in/undo/", { payload })));
    byId("undo").hidden = true;
    await refreshBundle(LISTENERS);
    countVisitors();
  } catch (problem) {
    complain(problem);
  }
}

const visitorActions = {
  onCheck: async (code) => {
    await check(code);
    await find();
  },
  onUndo: async (code) => {
    await undo(code);
    await find();
  },
};

async function find() {
  try {
    await findVisitors(byId("find").elements.search.value, visitorActions);
  } catch (problem) {
    complain(problem);
  }
}

// crypto.randomUUID exists only with HTTPS and on localhost.
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

// ---- Start

function onSubmit(section, action) {
  const form = document.querySelector(`#${section} form`);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    byId("problem").hidden = true;
    await action(Object.fromEntries(new FormData(form)), form);
  });
}

onSubmit("login", async ({ email, password }, form) => {
  try {
    await session.logIn(email, password);
    form.reset();
    if (state.show) await openDoor(state.show);
    else await openShows();
  } catch (problem) {
    complain(problem);
  }
});
onSubmit("shows", ({ search: text }) => search(text));
// A hand-held scanner types like a keyboard and ends with Enter.
onSubmit("door", async ({ text }, form) => {
  form.reset();
  await check(text);
  if (!isOn()) form.elements.text.focus();
});
byId("leave").addEventListener("click", async () => {
  await sync(LISTENERS);
  if (state.queue.length) complain({ message: "Some scans are not sent yet. Stay until they are." });
  else await openShows();
});
byId("undo").addEventListener("click", () => undo(lastIn));
byId("find").addEventListener("submit", async (event) => {
  event.preventDefault();
  byId("problem").hidden = true;
  await find();
});
byId("venue").addEventListener("change", async ({ target }) => {
  chooseVenue(target.value);
  await search(searchText());
});
byId("start").addEventListener("click", () =>
  startCamera(check).catch(({ message }) => complain({ message: `No camera: ${message}` })));
byId("start").hidden = !hasCamera;
byId("note").textContent = hasCamera
  ? ""
  : "There is no camera here. It needs HTTPS. Type the code, or use a hand-held scanner.";
document.addEventListener("connection", ({ detail: isOnline }) => {
  byId("connection").textContent = isOnline ? "● online" : "○ no connection";
});
globalThis.addEventListener("online", () => sync(LISTENERS));
globalThis.addEventListener("offline", () => onConnection(false));
// The service worker needs HTTPS. Without it, the page must be open before the network goes.
navigator.serviceWorker?.register("/check-in/worker.js");
setInterval(() => sync(LISTENERS), SYNC_MS);
setInterval(() => refreshBundle(LISTENERS), BUNDLE_MS);
setInterval(countVisitors, COUNT_MS);

if (!session.tokens) openLogin("");
else if (stored.get("last")) openDoor(stored.get("last"));
else openShows();
