// The panel with the hall: how seats look, the legend, and which seats are free now.

import { get, request } from "../api.js";
import { descriptionOf, Hall, namesOf } from "../hall.js";
import { byId, complain, joined, textIn } from "../page.js";
import { countPlaces } from "./areas.js";
import { findBest } from "./best.js";
import { offer } from "./offers.js";
import { add, page, priced, priceOf, seatsOf, state, typesOf } from "./state.js";
import { plural, t } from "../texts.js";

let etag;

export const hall = new Hall(byId("hall"), {
  lookOf,
  textOf: (seat) => joined(descriptionOf(seat), priced(priceOf(seat)), statusOf(seat)),
  onChoose: toggle,
  onArea: ({ name }) => document.querySelector(`[data-area="${CSS.escape(name)}"]`).focus(),
});

function lookOf({ id, status }) {
  if (state.chosen.has(id)) return "chosen";
  if (state.mine.has(id)) return "mine";
  if (state.gone.has(id)) return "gone";
  return status === "available" ? "free" : "taken";
}

function statusOf(seat) {
  const look = lookOf(seat);
  return {
    gone: t("no longer available"), mine: t("yours"), chosen: t("chosen"), free: t("free"),
    taken: { held: t("held"), booked: t("booked"), blocked: t("blocked") }[seat.status] || t("taken"),
  }[look];
}

export function drawLegend(categories) {
  const entries = categories.map(({ name, available }, index) => {
    const prices = typesOf(name).map(([type, amount]) => `${type} ${priced(amount)}`.trim());
    const left = textIn("small")(available ? t("{available} left", { available }) : t("sold out"));
    return [`url(#category-${index})`, `${name}: ${prices.join(", ")}`, "", left];
  });
  const looks = [["url(#look-chosen)", t("Your choice")], ["url(#look-taken)", t("Taken")]];
  hall.drawLegend([...entries, ...looks]);
}

// Choose a seat, or give it up. Both seats of a pair change together.
export function toggle(seat) {
  if (state.booking) return;
  const pair = seat.couple ? seat.line.seats.filter(({ couple }) => couple === seat.couple) : [seat];
  const isChosen = state.chosen.has(seat.id);
  for (const one of pair) {
    if (isChosen) state.chosen.delete(one.id);
    else if (one.status === "available") add(one);
  }
  page.render();
  byId("live").textContent =
    `${hall.textOf(seat)}. ${plural(state.chosen.size, "{count} seat chosen.", "{count} seats chosen.")}`;
}

// Read which seats are free now. Report chosen seats that others took.
export async function update() {
  const headers = etag && { "If-None-Match": etag };
  const path = `/api/shows/${state.show.id}/availability/`;
  const { data, response } = await request("GET", path, { headers });
  if (response.status === 304) return;
  etag = response.headers.get("ETag");
  const unavailable = new Set(data.unavailable_seat_ids);
  for (const seat of state.seats.values()) {
    if (!unavailable.has(seat.id)) {
      seat.status = "available";
      state.gone.delete(seat.id);
    } else if (seat.status === "available") seat.status = "taken";
  }
  const names = Object.keys(state.show.prices);
  drawLegend(names.map((name) => ({ name, ...data.categories[name] })));
  countPlaces(data.areas);
  hall.refresh();
  const lost = [...state.chosen.keys()].filter((id) => unavailable.has(id));
  // During a hold they may be this customer's own.
  if (!lost.length || page.isBusy || state.booking) return;
  const [first, ...others] = seatsOf(state.chosen.keys());
  const isAccessible = [first, ...others].some(({ accessible }) => accessible);
  const best = await findBest(1 + others.length, first.category, isAccessible).catch(() => null);
  await lose(lost, best ? [best.seat_ids] : []);
}

// Name the seats that another customer took, and offer others.
export async function lose(ids, groups, otherShows) {
  const lost = seatsOf(ids);
  for (const seat of lost) {
    state.chosen.delete(seat.id);
    state.gone.add(seat.id);
    seat.status = "taken";
  }
  page.render();
  if (lost.length) hall.reveal(lost[0]);
  complain({ detail: t("No longer available: {seats}.", { seats: namesOf(lost) }) });
  await offer(groups, otherShows);
}

// Read and draw the show and its seats.
export const load = (id) => hall.load(id, get, ({ show, seats }) => {
  state.show = show;
  seats.forEach((seat) => state.seats.set(seat.id, seat));
});
