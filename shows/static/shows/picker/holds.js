// Holds that the customer made earlier: on another visit, or by a request whose answer was lost.

import { now } from "../api.js";
import { nameOf } from "../hall/names.js";
import { byId, el, joined, localTime, money } from "../page.js";
import { standing } from "./areas.js";
import { isOurs } from "./exchange.js";
import { reload } from "./payment.js";
import { page, session, state } from "./state.js";
import { t } from "../texts.js";

// Read the customer's holds of this show, newest first. Without a choice, continue with the newest.
// The choice is never replaced: then the holds are only offered.
export async function findHolds() {
  if (!session.tokens) return;
  const path = `/api/bookings/?show=${state.show.id}&status=pending`;
  state.holds = (await session.call("GET", path)).results.filter(isOurs);
  const hasChoice = state.chosen.size || standing().length;
  if (state.holds.length && !hasChoice && !state.booking) page.adopt(state.holds[0]);
  else renderHolds();
}

// Whether a hold is one of exactly the chosen seats and places.
function isOfChoice({ seats }) {
  const places = standing().flatMap(({ valueAsNumber, dataset: { area } }) =>
    Array(valueAsNumber).fill(area));
  const wanted = [...state.chosen.keys(), ...places].map(String).sort();
  const held = seats.map(({ seat_id, row }) => (state.seats.has(seat_id) ? seat_id : row));
  return wanted.join() === held.map(String).sort().join();
}

// Continue with the hold that an attempt made before its answer was lost.
export async function adoptLostHold() {
  await findHolds();
  const made = !state.booking && state.holds.find(isOfChoice);
  if (made) page.adopt(made);
}

const isOver = ({ expires_at }) => Date.parse(expires_at) <= now();

// Offer the holds beside the choice.
export function renderHolds() {
  byId("held").hidden = !state.holds.length || Boolean(state.booking);
  byId("held").querySelector("ul").replaceChildren(...state.holds.map(heldSeats));
}

export function dropExpiredHolds() {
  if (!state.holds.some(isOver)) return;
  state.holds = state.holds.filter((hold) => !isOver(hold));
  renderHolds();
}

function heldSeats(booking) {
  const { seats, total, currency, expires_at } = booking;
  const until = t("until {time}", { time: localTime(state.show, expires_at) });
  const text = joined(seats.map(nameOf).join("; "), money(total, currency), until);
  const textContent = t("Continue with these");
  const onclick = () => page.act(() => resume(booking));
  return el("li", {}, el("span", {}, text), el("button", { type: "button", textContent, onclick }));
}

// Continue with a hold as it is now. It may have been paid elsewhere.
async function resume(booking) {
  page.adopt(booking);
  await reload();
}
