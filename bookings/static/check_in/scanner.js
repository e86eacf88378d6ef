// The scanner at the door. It asks the API while there is a connection, and otherwise decides with
// the bundle that it fetched before: the public keys, what is revoked, and who is in. What it
// decided alone is kept in the browser until the server has taken it.

const TIMEOUT_MS = 5000;
const SYNC_MS = 10_000;
const BUNDLE_MS = 60_000;
const SAME_CODE_MS = 3000;
const BATCH = 200;

const byId = (id) => document.getElementById(id);
const state = { show: null, bundle: null, queue: [], conflicts: [], admitted: 0, reached: true };
let access = null;

// ---- What is kept in the browser

const kept = {
  get: (name) => JSON.parse(localStorage.getItem(`check-in.${name}`)),
  set: (name, value) => localStorage.setItem(`check-in.${name}`, JSON.stringify(value)),
  drop: (name) => localStorage.removeItem(`check-in.${name}`),
};

// A tab's own, and gone with it: a phone is passed from hand to hand.
const refreshToken = {
  get: () => sessionStorage.getItem("check-in.refresh"),
  set: (token) => sessionStorage.setItem("check-in.refresh", token),
  drop: () => sessionStorage.removeItem("check-in.refresh"),
};

// ---- The API

class Unreachable extends Error {}
class LoginNeeded extends Error {}

async function request(path, body, token) {
  const headers = { Accept: "application/json" };
  if (body) headers["Content-Type"] = "application/json";
  if (token) headers.Authorization = `Bearer ${token}`;
  let response;
  try {
    response = await fetch(`/api/${path}`, {
      method: body ? "POST" : "GET",
      headers,
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
      cache: "no-store",
    });
    const answer = await response.json();
    if (response.status >= 500 || response.status === 429) throw new Unreachable(answer.detail);
    reached(true);
    return { status: response.status, answer };
  } catch {
    reached(false);
    throw new Unreachable("The server cannot be reached.");
  }
}

let renewal = null;

// One at a time: each refresh token works exactly once.
function renewLogin() {
  renewal ??= (async () => {
    const refresh = refreshToken.get();
    if (!refresh) throw new LoginNeeded("Log in, please.");
    const { status, answer } = await request("users/token/refresh/", { refresh });
    if (status !== 200) {
      refreshToken.drop();
      throw new LoginNeeded("Log in again, please.");
    }
    access = answer.access;
    refreshToken.set(answer.refresh);
  })().finally(() => { renewal = null; });
  return renewal;
}

async function api(path, body) {
  if (!access) await renewLogin();
  let result = await request(path, body, access);
  if (result.status === 401) {
    access = null;
    await renewLogin();
    result = await request(path, body, access);
  }
  return result;
}

async function wanted(path, body) {
  const { status, answer } = await api(path, body);
  if (status >= 400) throw new Error(answer.detail);
  return answer;
}

// ---- A ticket, with nothing but the public key

function fromBase64url(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function fromBase32(text) {
  const bytes = [];
  let bits = 0;
  let value = 0;
  for (const character of text) {
    value = (value << 5) | "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(character);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((value >> bits) & 255);
    }
  }
  return Uint8Array.from(bytes);
}

async function claimsOf(payload, keys) {
  const match = /^T1\.([A-Z0-9]{1,6})((?:\.[0-9A-Z]{1,13}){5})\.([A-Z2-7]{103})$/.exec(payload);
  const key = match && keys.find(({ kid }) => kid === match[1]);
  if (!key) return null;
  const [ticket, show, seat, start, version] = match[2].slice(1).split(".").map((n) => parseInt(n, 36));
  const message = new TextEncoder().encode(payload.slice(0, payload.lastIndexOf(".")));
  const imported = await crypto.subtle.importKey("raw", fromBase64url(key.x), "Ed25519", false, ["verify"]);
  const genuine = await crypto.subtle.verify("Ed25519", imported, fromBase32(match[3]), message);
  return genuine ? { ticket, show, seat, start, version } : null;
}

const IN = (detail) => ({ kind: "in", title: "Come in", detail });
const OUT = (title, detail = "") => ({ kind: "out", title, detail });
const UNKNOWN = (title, detail) => ({ kind: "unknown", title, detail });

async function decideAlone(payload, scanId) {
  const { bundle } = state;
  if (!bundle) return UNKNOWN("No connection", "This scanner has never had one for this show.");
  if (!payload.startsWith("T1.")) {
    return UNKNOWN("No connection", "A typed code can only be checked with one: scan the QR code.");
  }
  let claims;
  try {
    claims = await claimsOf(payload, bundle.keys);
  } catch {
    return UNKNOWN("No connection", "This browser cannot check signatures by itself.");
  }
  if (!claims) return OUT("Not a ticket", "It is not signed with a key of ours.");
  if (claims.show !== bundle.show.id) return OUT("Other show");
  const revoked = bundle.revoked.find(({ ticket }) => ticket === claims.ticket);
  if (revoked && revoked.valid_version !== claims.version) {
    return OUT(revoked.valid_version ? "Issued again" : "Cancelled");
  }
  const now = new Date();
  if (now < new Date(bundle.show.doors_open_at)) return OUT("Too early", time(bundle.show.doors_open_at));
  if (now > new Date(bundle.show.doors_close_at)) return OUT("The show is over");
  const before = bundle.admitted.find(({ ticket }) => ticket === claims.ticket);
  if (before) return OUT("Already in", `Since ${time(before.checked_in_at)}`);
  const scannedAt = now.toISOString();
  bundle.admitted.push({ ticket: claims.ticket, checked_in_at: scannedAt });
  state.queue.push({ scan_id: scanId, payload, scanned_at: scannedAt });
  keep();
  return IN(`Seat ${bundle.seats[claims.seat] ?? "?"}\nWithout a connection: told to the server later.`);
}

// ---- A scan

const TITLES = {
  cancelled: "Cancelled",
  reissued: "Issued again",
  other_show: "Other show",
  too_early: "Too early",
  too_late: "The show is over",
};

function judged({ status, answer }) {
  if (status === 200) {
    const { seat, section, ticket_type, customer_initials } = answer;
    return IN([`Seat ${seat}`, section, ticket_type, customer_initials].filter(Boolean).join(" · "));
  }
  if (answer.code === "already_checked_in") {
    return OUT("Already in", `Seat ${answer.seat}, since ${time(answer.checked_in_at)}`);
  }
  if (answer.code === "ticket_not_valid") {
    return OUT(TITLES[answer.reason] ?? "Not valid", `Seat ${answer.seat}\n${answer.detail}`);
  }
  if (answer.code === "invalid_ticket") return OUT("Not a ticket", answer.detail);
  return UNKNOWN("Not checked", answer.detail);
}

async function check(text) {
  const payload = text.trim().toUpperCase();
  const scanId = newId();
  show({ kind: "ready", title: "…", detail: "" });
  let verdict;
  try {
    const body = { payload, show: state.show, scan_id: scanId };
    verdict = judged(await api("bookings/check-in/", body));
    if (verdict.kind === "in") refreshBundle();
  } catch (error) {
    // An answer that got lost does no harm: the scan keeps its id, and counts once.
    if (error instanceof LoginNeeded) openLogin(error.message);
    else verdict = await decideAlone(payload, scanId);
  }
  if (!verdict) return;
  if (verdict.kind === "in") state.admitted += 1;
  show(verdict);
  navigator.vibrate?.(verdict.kind === "in" ? 80 : [80, 80, 80, 80, 80]);
}

// crypto.randomUUID is there on https and localhost only.
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

// ---- What was decided alone, told to the server

let syncing = false;

async function sync() {
  if (syncing || !state.queue.length || !state.show) return;
  syncing = true;
  try {
    const scans = state.queue.slice(0, BATCH);
    const { results } = await wanted(`shows/${state.show}/check-in/sync/`, { scans });
    const done = new Set(results.map(({ scan_id }) => scan_id));
    state.queue = state.queue.filter(({ scan_id }) => !done.has(scan_id));
    state.conflicts.push(...results.filter(({ outcome }) => outcome !== "admitted"));
    keep();
    draw();
    await refreshBundle();
  } catch (error) {
    if (error instanceof LoginNeeded) openLogin(error.message);
  } finally {
    syncing = false;
  }
}

async function refreshBundle() {
  if (!state.show) return;
  const id = state.show;
  try {
    const bundle = await wanted(`shows/${id}/check-in-bundle/`);
    if (id !== state.show) return;
    // Whoever was let in alone is in, though the server does not know it yet.
    const known = new Set(bundle.admitted.map(({ ticket }) => ticket));
    const own = new Set(state.queue.map(({ payload }) => parseInt(payload.split(".")[2], 36)));
    const waiting = state.bundle?.admitted.filter(({ ticket }) => own.has(ticket) && !known.has(ticket));
    bundle.admitted.push(...(waiting ?? []));
    state.bundle = bundle;
    keep();
    draw();
  } catch (error) {
    if (error instanceof LoginNeeded) openLogin(error.message);
  }
}

function keep() {
  kept.set(`show.${state.show}`, { bundle: state.bundle, queue: state.queue, conflicts: state.conflicts });
}

// ---- The page

const time = (instant) => new Date(instant).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

function show({ kind, title, detail }) {
  byId("result").dataset.kind = kind;
  byId("result").firstElementChild.textContent = title;
  byId("result").lastElementChild.textContent = detail;
  draw();
}

function reached(is) {
  state.reached = is;
  byId("connection").textContent = is ? "● online" : "○ no connection";
}

function draw() {
  byId("name").textContent = state.bundle ? state.bundle.show.title : "Check-in";
  byId("admitted").textContent = state.admitted;
  byId("waiting").textContent = state.queue.length;
  byId("conflicts").hidden = !state.conflicts.length;
  byId("conflicts").lastElementChild.replaceChildren(
    ...state.conflicts.map(({ seat, outcome, reason, checked_in_at }) => {
      const item = document.createElement("li");
      const why = TITLES[reason] ?? outcome.replaceAll("_", " ");
      item.textContent = [seat && `Seat ${seat}`, why, checked_in_at && time(checked_in_at)].filter(Boolean).join(" · ");
      return item;
    }),
  );
}

function open(name) {
  for (const section of document.querySelectorAll("main > section")) section.hidden = section.id !== name;
  byId("problem").hidden = true;
  document.querySelector(`#${name} input`).focus();
}

function complain(error) {
  byId("problem").textContent = error.message;
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
  kept.drop("last");
  draw();
  open("shows");
  await listShows("");
}

async function listShows(search) {
  const day = (days) => new Date(Date.now() + days * 864e5).toISOString().slice(0, 10);
  const query = new URLSearchParams({
    include_past: "true", date_from: day(-1), date_to: day(1), ordering: "start_time", page_size: "100",
  });
  if (search) query.set("search", search);
  try {
    const { results } = await wanted(`shows/?${query}`);
    const open = results.filter(({ end_time }) => new Date(end_time) > new Date());
    byId("shows").lastElementChild.replaceChildren(...open.map(showButton));
    if (!open.length) complain({ message: "No show of these days is called that." });
  } catch (error) {
    if (error instanceof LoginNeeded) openLogin("");
    else complain(error);
  }
}

function showButton(row) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  const place = document.createElement("small");
  button.type = "button";
  button.textContent = row.event.title;
  const [day, clock] = row.local_start_time.split("T");
  place.textContent = `${day} ${clock.slice(0, 5)} · ${row.venue.name}, ${row.screen.name}`;
  button.append(place);
  button.addEventListener("click", () => openDoor(row.id));
  item.append(button);
  return item;
}

async function openDoor(id) {
  const before = kept.get(`show.${id}`);
  Object.assign(state, { show: id, bundle: null, queue: [], conflicts: [], admitted: 0, ...before });
  kept.set("last", id);
  show({ kind: "ready", title: "Ready", detail: "Scan a ticket, or type its code." });
  open("door");
  await refreshBundle();
  await sync();
}

// ---- The camera, where the browser reads QR codes

const hasCamera = "BarcodeDetector" in globalThis && Boolean(navigator.mediaDevices);
let stream = null;
let last = { text: "", at: 0 };

async function startCamera() {
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch (error) {
    complain({ message: `No camera: ${error.message}` });
    return;
  }
  const video = byId("camera");
  video.srcObject = stream;
  video.hidden = false;
  byId("start").hidden = true;
  await video.play();
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  while (stream) {
    const [found] = await detector.detect(video).catch(() => []);
    // A ticket that stays before the camera is one scan.
    if (found && (found.rawValue !== last.text || Date.now() - last.at > SAME_CODE_MS)) {
      last = { text: found.rawValue, at: Date.now() };
      await check(found.rawValue);
    }
    if (found) last.at = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

function stopCamera() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
  byId("camera").hidden = true;
  byId("start").hidden = !hasCamera;
}

// ---- Beginning

function onSubmit(section, action) {
  const form = document.querySelector(`#${section} form`);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    byId("problem").hidden = true;
    await action(Object.fromEntries(new FormData(form)), form);
  });
}

onSubmit("login", async (credentials, form) => {
  try {
    const { status, answer } = await request("users/login/", credentials);
    if (status !== 200) throw new Error(answer.detail);
    access = answer.access;
    refreshToken.set(answer.refresh);
    form.reset();
    if (state.show) await openDoor(state.show);
    else await openShows();
  } catch (error) {
    complain(error);
  }
});
onSubmit("shows", ({ search }) => listShows(search));
// A scanner in the hand types like a keyboard, and ends with Enter.
onSubmit("door", async ({ text }, form) => {
  form.reset();
  await check(text);
  if (!stream) form.elements.text.focus();
});
byId("leave").addEventListener("click", async () => {
  await sync();
  if (state.queue.length) complain({ message: "Some scans still wait to be sent: stay until they are." });
  else await openShows();
});
byId("start").addEventListener("click", startCamera);
byId("start").hidden = !hasCamera;
byId("note").textContent = hasCamera
  ? ""
  : "This browser reads no QR codes by itself: type the code, or use a hand-held scanner.";
globalThis.addEventListener("online", sync);
globalThis.addEventListener("offline", () => reached(false));
// On an encrypted connection only; otherwise the page must be open before the network goes.
navigator.serviceWorker?.register("/check-in/worker.js");
setInterval(sync, SYNC_MS);
setInterval(refreshBundle, BUNDLE_MS);

if (!refreshToken.get()) openLogin("");
else if (kept.get("last")) openDoor(kept.get("last"));
else openShows();
