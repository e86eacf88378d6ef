// The editor of a plain hall: rows with seats, aisles and the side of seat 1. It needs no JSON.

import { el, option } from "../../shows/page.js";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

// The label after another one: B after A, AA after Z, 12 after 11. Letters in `skipped` are left out.
export function labelAfter(label, skipped = "") {
  if (/^\d+$/.test(label)) return String(Number(label) + 1);
  const letters = [...LETTERS].filter((letter) => !skipped.includes(letter));
  const places = [...label.toUpperCase()].map((letter) => letters.indexOf(letter));
  if (places.includes(-1)) return letters[0];
  for (let at = places.length - 1; at >= 0; at--) {
    if (++places[at] < letters.length) break;
    places[at] = 0;
    if (at === 0) places.unshift(0);
  }
  return places.map((place) => letters[place]).join("");
}

export function firstRows() {
  return makeRows({ count: 8, first: "A", skipped: "IO", seats: 12, category: "Standard", aisles: [], from: "left" });
}

function makeRows({ count, first, skipped, seats, category, aisles, from }) {
  const rows = [];
  for (let label = first; rows.length < count; label = labelAfter(label, skipped)) {
    rows.push({
      row: label, seats, category,
      ...(aisles.length && { aisle_after: aisles.filter((number) => number < seats) }),
      ...(from === "right" && { numbered_from: "right" }),
    });
  }
  return rows;
}

// Numbers in a text such as "4, 8".
export const numbersIn = (text) => [...new Set((text.match(/\d+/g) ?? []).map(Number))].sort((a, b) => a - b);

// The form that makes many equal rows.
export function generator(form, onMade) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { count, first, skip, seats, category, aisles, from } = form.elements;
    onMade(makeRows({
      count: count.valueAsNumber,
      first: first.value.trim().toUpperCase(),
      skipped: skip.value.toUpperCase(),
      seats: seats.valueAsNumber,
      category: category.value.trim(),
      aisles: numbersIn(aisles.value),
      from: from.value,
    }));
  });
}

const MARKS = ["accessible", "companion", "restricted_view"];

// A row without the marks and aisles that it has no seats for.
function trimmed(row) {
  const changed = { ...row };
  const limits = { aisle_after: row.seats - 1, couples: row.seats - 1 };
  for (const name of [...MARKS, "aisle_after", "couples"]) {
    if (changed[name]) changed[name] = changed[name].filter((number) => number <= (limits[name] ?? row.seats));
  }
  return changed;
}

// The table of the rows. `onChange(layout, isNewTable)` gets the layout with the change.
export function drawRowTable(root, current, onChange) {
  const { rows } = current();
  const edit = (index, values) => {
    const changed = rowsOf(current).map((row, at) => (at === index ? trimmed({ ...row, ...values }) : row));
    onChange({ ...current(), rows: changed });
  };
  const head = ["Row", "Seats", "Category", "Aisle after seats", "Seat 1 is", ""].map((textContent) => (textContent ? el("th", { textContent, scope: "col" }) : el("td")));
  const lines = rows.map((row, index) => {
    const cell = (name, properties, read) => {
      const input = el("input", { ...properties, ariaLabel: `${name} of row ${row.row}` });
      input.addEventListener("change", () => input.reportValidity() && edit(index, read(input)));
      return el("td", {}, input);
    };
    const side = el("select", { ariaLabel: `The side of seat 1 of row ${row.row}` }, option("left", "left"), option("right", "right"));
    side.value = row.numbered_from ?? "left";
    side.addEventListener("change", () => edit(index, { numbered_from: side.value }));
    const remove = el("button", { type: "button", className: "plain", textContent: "Remove", ariaLabel: `Remove row ${row.row}` });
    remove.addEventListener("click", () => onChange({ ...current(), rows: rowsOf(current).filter((_, at) => at !== index) }, true));
    return el("tr", {},
      cell("Label", { value: row.row, size: 4, required: true, maxLength: 20 }, ({ value }) => ({ row: value.trim() })),
      cell("Seats", { type: "number", value: row.seats, min: 1, max: 500, required: true }, (input) => ({ seats: input.valueAsNumber })),
      cell("Category", { value: row.category, required: true, maxLength: 100 }, ({ value }) => ({ category: value.trim() })),
      cell("Aisles", { value: (row.aisle_after ?? []).join(", "), size: 8, placeholder: "4, 8" }, ({ value }) => ({ aisle_after: numbersIn(value) })),
      el("td", {}, side), el("td", {}, remove));
  });
  const add = el("button", { type: "button", className: "button", textContent: "Add a row" });
  add.addEventListener("click", () => {
    const all = rowsOf(current);
    const last = all.at(-1) ?? { seats: 12, category: "Standard" };
    const { seats, category, aisle_after, numbered_from } = last;
    const skipped = document.querySelector("#generator [name=skip]").value.toUpperCase();
    const row = { row: last.row ? labelAfter(last.row, skipped) : "A", seats, category, ...(aisle_after && { aisle_after }), ...(numbered_from && { numbered_from }) };
    onChange({ ...current(), rows: [...all, row] }, true);
  });
  const table = el("table", {}, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...lines));
  root.replaceChildren(el("div", { className: "layout-scroll", tabIndex: 0, role: "region", ariaLabel: "Rows" }, table), add);
}

const rowsOf = (current) => current().rows ?? [];
