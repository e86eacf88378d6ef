// The verdict on a scan, by the server or by this scanner alone.

import { claimsOf } from "./ticket.js";
import { keep, state } from "./state.js";

export const time = (instant) =>
  new Date(instant).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

const accepted = (detail) => ({ kind: "in", title: "Come in", detail });
const refused = (title, detail = "") => ({ kind: "out", title, detail });
const unknown = (title, detail) => ({ kind: "unknown", title, detail });

export const TITLES = {
  cancelled: "Cancelled",
  reissued: "Issued again",
  other_show: "Other show",
  too_early: "Too early",
  too_late: "The show is over",
  scan_id_reused: "Scan again",
};

export function acceptedByServer({ seat, section, ticket_type, customer_initials }) {
  const facts = [`Seat ${seat}`, section, ticket_type, customer_initials];
  return accepted(facts.filter(Boolean).join(" · "));
}

export const undone = ({ seat }) =>
  ({ kind: "ready", title: "Undone", detail: `Seat ${seat} may come in again.` });

export function refusedByServer({ code, reason, seat, detail, checked_in_at }) {
  if (code === "already_checked_in") {
    return refused("Already in", `Seat ${seat}, since ${time(checked_in_at)}`);
  }
  if (code === "ticket_not_valid") {
    return refused(TITLES[reason] ?? "Not valid", `Seat ${seat}\n${detail}`);
  }
  if (code === "invalid_ticket") return refused("Not a ticket", detail);
  return unknown("Not checked", detail);
}

// Check a ticket with the bundle, and queue the scan for the server.
export async function decideAlone(payload, scanId) {
  const { bundle } = state;
  if (!bundle) return unknown("No connection", "This scanner has no data of this show yet.");
  if (!payload.startsWith("T1.")) {
    return unknown("No connection", "A typed code needs a connection. Scan the QR code.");
  }
  let claims;
  try {
    claims = await claimsOf(payload, bundle.keys);
  } catch {
    return unknown("No connection", "This browser cannot check signatures.");
  }
  if (!claims) return refused("Not a ticket", "It is not signed with one of our keys.");
  if (claims.show !== bundle.show.id) return refused("Other show");
  const revoked = bundle.revoked.find(({ ticket }) => ticket === claims.ticket);
  if (revoked && revoked.valid_version !== claims.version) {
    return refused(revoked.valid_version ? "Issued again" : "Cancelled");
  }
  // The show was in another hall when this ticket was issued.
  if (!(claims.seat in bundle.seats)) return refused("Issued again");
  const now = new Date();
  const { doors_open_at, doors_close_at } = bundle.show;
  if (now < new Date(doors_open_at)) return refused("Too early", time(doors_open_at));
  if (now > new Date(doors_close_at)) return refused("The show is over");
  const before = bundle.admitted.find(({ ticket }) => ticket === claims.ticket);
  if (before) return refused("Already in", `Since ${time(before.checked_in_at)}`);
  const scannedAt = now.toISOString();
  bundle.admitted.push({ ticket: claims.ticket, checked_in_at: scannedAt });
  state.queue.push({ scan_id: scanId, payload, scanned_at: scannedAt });
  keep();
  return accepted(`Seat ${bundle.seats[claims.seat]}\nNo connection. The scan is sent later.`);
}
