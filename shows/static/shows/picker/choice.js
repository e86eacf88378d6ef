// The panel with the chosen seats, and what they cost.

import { listAmounts } from "../amounts.js";
import { Problem } from "../api.js";
import { descriptionOf, nameOf } from "../hall/names.js";
import { byId, complain, el, joined, option, sum, textIn } from "../page.js";
import { standing } from "./areas.js";
import { fits, quotePath, replaced } from "./exchange.js";
import { toggle } from "./map.js";
import { conditionsOf, priced, priceOf, seatsOf, session, state, typesOf } from "./state.js";
import { plural, t } from "../texts.js";

let quoting;

export function renderChoice() {
  byId("selection").replaceChildren(...seatsOf(state.chosen.keys()).map(chosenSeat));
  renderPrice();
}

function chosenSeat(seat) {
  const types = typesOf(seat.category).map(([name]) => name);
  const select = el("select", { ariaLabel: t("Ticket for {seat}", { seat: nameOf(seat) }), hidden: !types[0] });
  select.append(...types.map((name) => option(name)));
  select.value = state.chosen.get(seat.id);
  const price = textIn("span")(priced(priceOf(seat)));
  const conditions = textIn("small")(conditionsOf(select.value));
  select.onchange = () => {
    state.chosen.set(seat.id, select.value);
    conditions.textContent = conditionsOf(select.value);
    price.textContent = priced(priceOf(seat));
    renderPrice();
  };
  const remove = { type: "button", textContent: "×", ariaLabel: t("Remove {seat}", { seat: nameOf(seat) }) };
  const button = el("button", { ...remove, onclick: () => toggle(seat) });
  return el("li", {}, textIn("span")(descriptionOf(seat)), select, price, button, conditions);
}

// Show the prices, then ask the server for fees, taxes and discounts.
export function renderPrice() {
  const places = standing().flatMap(({ valueAsNumber, dataset }) =>
    Array(valueAsNumber).fill(dataset.amount));
  const prices = [...seatsOf(state.chosen.keys()).map(priceOf), ...places];
  const count = plural(prices.length, "{count} seat", "{count} seats");
  const isEnough = fits(prices.length);
  byId("hold").disabled = !isEnough || !state.show.on_sale;
  byId("sum").textContent = joined(count, prices.length && priced(sum(prices)));
  byId("quote").replaceChildren();
  clearTimeout(quoting);
  if (!isEnough || state.booking) return;
  const turn = (quoting = setTimeout(async () => {
    const body = wantedSeats();
    const quote = await session.call("POST", quotePath(), { body }).catch((problem) => problem);
    if (turn !== quoting || state.booking) return;
    if (quote instanceof Problem) return complain(quote);
    listAmounts(byId("quote"), quote);
    byId("sum").textContent = joined(count, priced(quote.amount_due ?? quote.total));
  }, 250));
}

// The body of a quote or a booking.
export function wantedSeats() {
  const types = Object.fromEntries([...state.chosen].filter(([, type]) => type));
  const areas = {};
  for (const { valueAsNumber: quantity, dataset: { area, type } } of standing()) {
    areas[area] = (areas[area] || 0) + quantity;
    if (type) types[area] = { ...types[area], [type]: quantity };
  }
  const promoCode = !state.exchange && byId("options").elements.promo_code.value.trim();
  return {
    show_id: state.show.id,
    ...replaced(),
    ...(state.chosen.size && { seat_ids: [...state.chosen.keys()] }),
    ...(Object.keys(areas).length && { areas }),
    ...(Object.keys(types).length && { ticket_types: types }),
    ...(promoCode && { promo_code: promoCode }),
  };
}
