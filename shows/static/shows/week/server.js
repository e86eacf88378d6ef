// Requests to the API and the admin site in the session of the staff member.

import { request } from "../api.js";

const root = document.getElementById("content-main");
const rights = new Set(root.dataset.rights.split(" "));

export const may = (right) => rights.has(right);
export const listPath = root.dataset.list;

export async function send(method, path, body) {
  const token = document.querySelector("#token [name=csrfmiddlewaretoken]").value;
  const options = { body, headers: { "X-CSRFToken": token }, credentials: "same-origin" };
  return (await request(method, path, options)).data;
}

const query = (path, values) => `${path}?${new URLSearchParams(values)}`;

export const weekOf = (venue, day) =>
  send("GET", query(root.dataset.shows, { venue, ...(day && { day }) }));
export const termsFor = (screen, event) => send("GET", query(root.dataset.terms, { screen, event }));
export const eventsLike = async (search) =>
  (await send("GET", query("/api/events/", { page_size: 100, ordering: "title", ...(search && { search }) })))
    .results;

// Schedule one show, or report with `dry_run` what would happen.
export const schedule = (show, options) =>
  send("POST", "/api/shows/bulk/", { shows: [show], ...options });

export const copy = (body) => send("POST", "/api/shows/copy/", body);

export const move = (show, change) => send("POST", `/api/shows/${show.id}/move/`, change);

export function textOf(problem) {
  if (problem.code === "cannot_seat" && problem.bookings) {
    const named = problem.bookings.map(({ reference, seats }) => `${reference} (${seats.join(", ")})`);
    return `${problem.detail} ${named.join("; ")}`;
  }
  const texts = (problem.errors || []).map(({ field, detail }) => {
    const name = field.replace(/^shows\.0\./, "").replaceAll("_", " ");
    return name ? `${name}: ${detail}` : detail;
  });
  return texts.length ? texts.join(" ") : problem.detail || problem.message;
}
