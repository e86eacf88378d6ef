// The tickets of the sale that is being made: their types, and the seats that they get.

import { call, kept, state } from "./state.js";

// [["Adult", "250.00"], …]; one entry without a name if the category has no ticket types.
export function typesOf(category) {
  const prices = state.show.prices[category];
  return typeof prices === "string" ? [["", prices]] : Object.entries(prices);
}

export const priceOf = ({ category, type }) => Object.fromEntries(typesOf(category))[type];

export const seatIds = () => state.lines.map(({ seat }) => seat).filter(Boolean);

export const keepSale = () =>
  kept.set("sale", { show: state.show?.id, lines: state.lines, customer: state.customer });

// Add a ticket of a type. It gets one of the best seats, beside the others of its category.
export async function addTicket(category, type) {
  state.lines.push({ category, type, seat: null, area: "", isFixed: false });
  try {
    await seatBest(category);
  } catch (problem) {
    state.lines.pop();
    throw problem;
  }
}

// Choose a seat in the hall, or give it up. Both seats of a couple change together.
export function toggleSeat(seat) {
  const pair = seat.couple ? seat.line.seats.filter(({ couple }) => couple === seat.couple) : [seat];
  const chosen = new Set(seatIds());
  const ids = new Set(pair.map(({ id }) => id));
  if (chosen.has(seat.id)) {
    state.lines = state.lines.filter((line) => !ids.has(line.seat));
    return;
  }
  for (const { id, category, status } of pair) {
    if (chosen.has(id) || !["available", "blocked"].includes(status)) continue;
    const [[type]] = typesOf(category);
    state.lines.push({ category, type, seat: id, area: "", isFixed: true });
  }
}

export async function removeLine(line) {
  state.lines = state.lines.filter((other) => other !== line);
  if (!line.isFixed) await seatBest(line.category);
}

// Give all tickets of a category that nobody chose a seat for the best seats side by side.
export async function seatBest(category) {
  const lines = state.lines.filter((line) => line.category === category);
  const open = lines.filter(({ isFixed }) => !isFixed);
  if (!open.length) return;
  const fixedSeats = new Set(lines.filter(({ isFixed }) => isFixed).map(({ seat }) => seat));
  const query = new URLSearchParams({ quantity: open.length + fixedSeats.size, category });
  const best = await call("GET", `/api/shows/${state.show.id}/best-seats/?${query}`);
  const seats = best.seat_ids.filter((id) => !fixedSeats.has(id)).slice(0, open.length);
  const places = Object.entries(best.areas).flatMap(([area, count]) => Array(count).fill(area));
  for (const [index, line] of open.entries()) {
    line.seat = seats[index] ?? null;
    line.area = seats[index] ? "" : places[index - seats.length] ?? "";
  }
}

// The body of a quote or a sale.
export function wantedSeats() {
  const types = {};
  const areas = {};
  for (const { seat, area, type } of state.lines) {
    if (seat && type) types[seat] = type;
    if (!area) continue;
    areas[area] = (areas[area] ?? 0) + 1;
    if (type) types[area] = { ...types[area], [type]: (types[area]?.[type] ?? 0) + 1 };
  }
  return {
    show_id: state.show.id,
    ...(seatIds().length && { seat_ids: seatIds() }),
    ...(Object.keys(areas).length && { areas }),
    ...(Object.keys(types).length && { ticket_types: types }),
  };
}

// Give up seats that others took, and return how many they were.
export function dropSeats(ids) {
  const lost = new Set(ids);
  const before = state.lines.length;
  for (const line of state.lines) if (lost.has(line.seat) && !line.isFixed) line.seat = null;
  state.lines = state.lines.filter(({ seat, isFixed }) => !(isFixed && lost.has(seat)));
  return before - state.lines.length;
}
