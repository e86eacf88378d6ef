// The shared state of the till, the parts that the browser keeps, and its requests.

import { Session } from "../shows/api.js";

const TIMEOUT_MS = 8000;

// A till is handed from person to person, so a login belongs to its tab.
export const session = new Session("box-office.tokens");

// Kept on this machine: the venue, the station.
export const fixed = {
  get: (name) => JSON.parse(localStorage.getItem(`box-office.${name}`)),
  set: (name, value) => localStorage.setItem(`box-office.${name}`, JSON.stringify(value)),
};

// Values that this tab keeps over a reload: typed texts, and the request that waits for its answer.
export const kept = {
  get: (name) => JSON.parse(sessionStorage.getItem(`box-office.${name}`)),
  set: (name, value) => sessionStorage.setItem(`box-office.${name}`, JSON.stringify(value)),
  drop: (name) => sessionStorage.removeItem(`box-office.${name}`),
};

export const state = {
  venue: null, // {id, name, timezone}
  station: "",
  cash: null, // The report of the open cash session.
  show: null, // The show that is being sold, with its prices.
  categories: [],
  seats: new Map(), // By id.
  lines: [], // {category, type, seat, area, isFixed}
  customer: {},
  quote: null,
  sold: null, // The sale that was made last.
};

// The till's own actions, for panels. till.js sets them.
export const till = { open: null, act: null };

// Whether a problem means that the server cannot answer now.
export const isAway = ({ status, code }) =>
  status === 0 || status === 429 || status >= 500 || code === "idempotency_in_flight";

// Send a request once. The cashier sees a failure at once and does not wait for repetitions.
export async function call(method, path, { body, key } = {}) {
  const headers = key ? { "Idempotency-Key": key } : {};
  const options = { body, headers, attempts: 1, timeout: TIMEOUT_MS, cache: "no-store" };
  try {
    const answer = await session.call(method, path, options);
    onConnection(true);
    return answer;
  } catch (problem) {
    onConnection(!isAway(problem));
    throw problem;
  }
}

export const onConnection = (isOnline) =>
  document.dispatchEvent(new CustomEvent("connection", { detail: isOnline }));
