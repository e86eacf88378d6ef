// The fields for areas of general admission: how many people stand where.

import { byId, el, joined } from "../page.js";
import { conditionsOf, page, priced, typesOf } from "./state.js";
import { t } from "../texts.js";

// One field for each ticket type of an area. The fields are the only record of the choice.
export function areaFields({ name, category }) {
  return typesOf(category).map(([type, amount]) => {
    const input = el("input", { type: "number", min: 0, value: 0, onchange: () => page.render() });
    Object.assign(input.dataset, { area: name, type, amount });
    return el("label", {}, joined(name, type, priced(amount), conditionsOf(type)), input, el("small"));
  });
}

const fields = () => [...byId("areas").querySelectorAll("input")];
export const standing = () => fields().filter(({ valueAsNumber }) => valueAsNumber > 0);

// Set the number of places by the area's name, all of them of its default type.
export function stand(wanted = {}) {
  const left = { ...wanted };
  for (const input of fields()) {
    input.value = left[input.dataset.area] || 0;
    delete left[input.dataset.area];
  }
}

export function countPlaces(counts) {
  for (const input of fields()) {
    const { available } = counts.find(({ name }) => name === input.dataset.area);
    input.max = available;
    input.nextSibling.textContent = available ? t("{available} left", { available }) : t("sold out");
  }
}
