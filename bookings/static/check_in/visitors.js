// Visitors without a ticket, found by name or reference.

import { byId, el, textIn } from "../shows/page.js";
import { call, state } from "./state.js";
import { time } from "./verdicts.js";

// List the parties that a text finds. `onCheck(code)` and `onUndo(code)` act on one ticket.
export async function findVisitors(text, actions) {
  const query = new URLSearchParams({ search: text.trim() });
  const { results } = await call("GET", `shows/${state.show}/check-in/find/?${query}`);
  byId("found").replaceChildren(...results.map((party) => partyItem(party, actions)));
  byId("nobody").hidden = Boolean(results.length);
}

export function clearVisitors() {
  byId("found").replaceChildren();
  byId("nobody").hidden = true;
}

function partyItem({ name, reference, tickets }, actions) {
  const rows = tickets.map((ticket) => ticketRow(ticket, actions));
  return el("li", {}, textIn("strong")(name || "No name"), ` ${reference}`, ...rows);
}

function ticketRow({ code, seat, ticket_type, checked_in_at }, { onCheck, onUndo }) {
  const label = [seat, ticket_type, checked_in_at && `in since ${time(checked_in_at)}`];
  const button = checked_in_at
    ? el("button", { type: "button", onclick: () => onUndo(code) }, `Undo ${seat}`)
    : el("button", { type: "button", className: "main", onclick: () => onCheck(code) }, `Check in ${seat}`);
  return el("p", {}, textIn("span")(label.filter(Boolean).join(" · ")), button);
}
