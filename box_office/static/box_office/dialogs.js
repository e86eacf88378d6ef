// The dialogs of the till: a question with fields, and cash with its change.

import { byId, el, money, textIn } from "../shows/page.js";
import { amountOf, digitsOf, likelyNotes, unitsOf } from "./amounts.js";
import { kept } from "./state.js";

// Ask for fields, `{name: label}` or `{name: {label, …properties}}`. Resolves with their values, or
// with null for Back. Typed values survive a reload under the question's name.
export function ask(name, { title, note = "", yes, fields = {} }) {
  const dialog = byId("asking");
  const before = kept.get(`asked.${name}`) ?? {};
  const inputs = Object.entries(fields).map(([field, wish]) => {
    const { label, ...properties } = typeof wish === "string" ? { label: wish } : wish;
    const input = el("input", { name: field, autocomplete: "off", ...properties });
    input.value = before[field] ?? properties.value ?? "";
    input.addEventListener("input", () =>
      kept.set(`asked.${name}`, { ...kept.get(`asked.${name}`), [field]: input.value }));
    return el("label", {}, label, input);
  });
  dialog.querySelector("h2").textContent = title;
  dialog.querySelector(".note").textContent = note;
  dialog.querySelector("[data-fields]").replaceChildren(...inputs);
  dialog.querySelector("button.main").textContent = yes;
  return closed(dialog).then((answer) => {
    if (answer !== "confirm") return null;
    const values = Object.fromEntries(new FormData(dialog.querySelector("form")));
    kept.drop(`asked.${name}`);
    return values;
  });
}

function closed(dialog) {
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) =>
    dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true }));
}

// Take cash for an amount: the notes or the sum that the customer gives. Resolves with that sum, or
// with null for Back.
export function takeCash(due, currency) {
  const dialog = byId("cash");
  const cost = unitsOf(due, currency);
  let typed = kept.get("given") ?? "";
  const given = () => Number(typed || 0);
  const show = () => {
    kept.set("given", typed);
    const write = (name, units) =>
      (dialog.querySelector(`[data-${name}]`).textContent = money(amountOf(units, currency), currency));
    write("due", cost);
    write("given", given());
    write("change", Math.max(0, given() - cost));
    dialog.querySelector("[data-confirm]").disabled = given() < cost;
  };
  const press = (key) => {
    if (key === "⌫") typed = typed.slice(0, -1);
    else if (typed.length + key.length <= 11) typed = String(Number(typed + key));
    show();
  };
  const give = (units) => {
    typed = String(units);
    show();
  };
  drawKeys(dialog, { press, give, notes: [cost, ...likelyNotes(cost, currency)], currency });
  const confirm = () => dialog.close("confirm");
  dialog.querySelector("[data-confirm]").onclick = confirm;
  dialog.onkeydown = (event) => {
    if (/^[0-9]$/.test(event.key)) press(event.key);
    else if (event.key === "Backspace") press("⌫");
    else if (event.key === "Enter" && event.target.tagName !== "BUTTON" && given() >= cost) confirm();
    else return;
    event.preventDefault();
  };
  show();
  return closed(dialog).then((answer) => {
    kept.drop("given");
    return answer === "confirm" ? amountOf(given(), currency) : null;
  });
}

function drawKeys(dialog, { press, give, notes, currency }) {
  const noteButton = (units) => el("button", { type: "button", onclick: () => give(units) },
    money(amountOf(units, currency), currency));
  dialog.querySelector("#notes").replaceChildren(...notes.map(noteButton));
  const zeros = "0".repeat(digitsOf(currency)) || "000";
  const keys = ["7", "8", "9", "4", "5", "6", "1", "2", "3", zeros, "0", "⌫"];
  const keyButton = (key) => el("button", {
    type: "button", onclick: () => press(key), ariaLabel: key === "⌫" ? "Delete the last digit" : key,
  }, textIn("span")(key));
  dialog.querySelector("#keypad").replaceChildren(...keys.map(keyButton));
}
