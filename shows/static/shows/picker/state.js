// The shared state of the panels: the show, its seats, the choice and the booking.

import { Session } from "../api.js";
import { keptToken, LinkSession } from "../link_session.js";
import { money } from "../page.js";

// The booking whose tickets are exchanged here, if any. Its mailed link may stand for a login.
export const reference = new URLSearchParams(location.search).get("exchange");
export const isByLink = Boolean(reference && keptToken(reference));
export const session = isByLink ? new LinkSession(reference) : new Session("tokens");

export const state = {
  show: null,
  seats: new Map(), // By id.
  chosen: new Map(), // The ticket type by seat id, in the order of choosing.
  gone: new Set(), // Ids of chosen seats that others took.
  mine: new Set(), // Ids of the seats of the booking.
  booking: null,
  exchange: null, // The exchange that the booking is for: see exchange.js.
  holds: [], // The customer's other pending bookings of the show.
};

export const seatsOf = (ids) => [...ids].map((id) => state.seats.get(id)).filter(Boolean);
export const priced = (amount) => money(amount, state.show.currency);

// [["Adult", "250.00"], …]; one entry without a name if the category has no ticket types.
export function typesOf(category) {
  const prices = state.show.prices[category];
  if (typeof prices === "string") return [["", prices]];
  const types = Object.entries(prices);
  const online = types.filter(([type]) => rulesOf(type).channels?.includes("web") ?? true);
  return online.length ? online : types;
}

// The rules of a ticket type: with which others it is sold, and what to show at the door.
export const rulesOf = (type) =>
  state.show.ticket_types?.find(({ ticket_type: name }) => name === type) ?? {};

// Describe a ticket type's rules in one line, for the customer's choice.
export function conditionsOf(type) {
  const { proof_text: proof, needs } = rulesOf(type);
  return [needs && `+ ${needs.ticket_type}`, proof].filter(Boolean).join(", ");
}

export const priceOf = ({ id, category, price }) =>
  Object.fromEntries(typesOf(category))[state.chosen.get(id)] || price;

// Choose a seat with the category's default ticket type.
export const add = (seat) => state.chosen.set(seat.id, typesOf(seat.category)[0][0]);

export const bookingPath = (name = "") => `/api/bookings/${state.booking.id}/${name}`;

// The page's own actions, for panels. seat_picker.js sets them.
export const page = { isBusy: false, act: null, adopt: null, choose: null, render: null };
