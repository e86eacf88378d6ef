// The table of the areas of general admission: name, capacity, category.

import { el } from "../../shows/page.js";
import { withSideList } from "./marks.js";

const areasOf = (layout) => layout.areas ?? [];
const withAreas = (layout, areas) => ({ ...(layout.rows ? layout : withSideList(layout)), areas });

// `onRaise(area)` puts more places on sale in the shows to come; without it there is no such button.
export function drawAreaRows(root, current, onChange, onRaise) {
  const edit = (index, values) =>
    onChange(withAreas(current(), areasOf(current()).map((area, at) => (at === index ? { ...area, ...values } : area))));
  const lines = areasOf(current()).map((area, index) => {
    const cell = (name, properties, read) => {
      const input = el("input", { ...properties, required: true, ariaLabel: `${name} of area ${area.name}` });
      input.addEventListener("change", () => input.reportValidity() && edit(index, read(input)));
      return el("td", {}, input);
    };
    const remove = el("button", { type: "button", className: "plain", textContent: "Remove", ariaLabel: `Remove area ${area.name}` });
    remove.addEventListener("click", () =>
      onChange(withAreas(current(), areasOf(current()).filter((_, at) => at !== index)), true));
    const raise = onRaise && el("button", { type: "button", className: "plain", textContent: "Add for shows to come", ariaLabel: `Add for shows to come: places of area ${area.name}` });
    raise?.addEventListener("click", () => onRaise(areasOf(current())[index]));
    return el("tr", {},
      cell("Name", { value: area.name, maxLength: 100 }, ({ value }) => ({ name: value.trim() })),
      cell("Capacity", { type: "number", min: 1, max: 100000, value: area.capacity }, (input) => ({ capacity: input.valueAsNumber })),
      cell("Category", { value: area.category, maxLength: 100 }, ({ value }) => ({ category: value.trim() })),
      el("td", {}, ...(raise ? [raise] : []), remove));
  });
  const add = el("button", { type: "button", className: "button", textContent: "Add an area" });
  add.addEventListener("click", () => {
    const names = new Set(areasOf(current()).map(({ name }) => name));
    let name = "Standing";
    for (let number = 2; names.has(name); number++) name = `Standing ${number}`;
    onChange(withAreas(current(), [...areasOf(current()), { name, capacity: 100, category: "Standing" }]), true);
  });
  const head = ["Area", "Capacity", "Category", ""].map((textContent) => (textContent ? el("th", { textContent, scope: "col" }) : el("td")));
  const table = el("table", {}, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...lines));
  root.replaceChildren(...(lines.length ? [table] : []), add);
}
