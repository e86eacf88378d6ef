// The shared state of the scanner, and the part of it that the browser keeps.

import { Session } from "../shows/api.js";

const TIMEOUT_MS = 5000;

// A phone is handed from person to person, so a login belongs to its tab.
export const session = new Session("check-in.tokens");

export const state = {
  show: null, // Its id.
  bundle: null, // The show's data for checking tickets without a connection.
  queue: [], // Scans that the server does not have yet.
  conflicts: [], // Scans that the server did not accept.
  admitted: 0, // Tickets that this scanner accepted.
};

export const stored = {
  get: (name) => JSON.parse(localStorage.getItem(`check-in.${name}`)),
  set: (name, value) => localStorage.setItem(`check-in.${name}`, JSON.stringify(value)),
  drop: (name) => localStorage.removeItem(`check-in.${name}`),
};

export function keep() {
  const { show, bundle, queue, conflicts } = state;
  stored.set(`show.${show}`, { bundle, queue, conflicts });
}

// Whether a problem means that the server cannot decide now.
export const isUnreachable = ({ status }) => status === 0 || status === 429 || status >= 500;

// Send a request once; a queue at the door cannot wait for repetitions. Report the connection.
export async function call(method, path, body) {
  const options = { body, attempts: 1, timeout: TIMEOUT_MS, cache: "no-store" };
  try {
    const answer = await session.call(method, `/api/${path}`, options);
    onConnection(true);
    return answer;
  } catch (problem) {
    onConnection(!isUnreachable(problem));
    throw problem;
  }
}

export const onConnection = (isOnline) =>
  document.dispatchEvent(new CustomEvent("connection", { detail: isOnline }));
