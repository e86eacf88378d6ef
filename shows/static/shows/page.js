// Small helpers of every page. They put data into pages as text, never as HTML.

import { locale } from "./texts.js";

export const byId = (id) => document.getElementById(id);
export const joined = (...parts) => parts.filter(Boolean).join(" · ");
export const countOf = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

export function el(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

export const textIn = (tag) => (textContent) => el(tag, { textContent });
export const option = (value, textContent = value) => el("option", { value, textContent });

// Amounts are decimal strings with the digits of their currency.
const digitsOf = (amount) => (amount.split(".")[1] || "").length;

export function money(amount, currency) {
  const digits = digitsOf(amount);
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat(locale, { style: "currency", currency, ...options }).format(amount);
}

// The amount in the smallest unit, such as cents: an integer, exact up to 15 digits.
export const unitsOf = (amount) => Number(amount.replace(".", ""));

export function sum(amounts) {
  const digits = digitsOf(amounts[0]);
  const units = amounts.reduce((total, amount) => total + unitsOf(amount), 0);
  return (units / 10 ** digits).toFixed(digits);
}

// The date and time at the venue, with the name of its time zone.
export function localTime({ venue, start_time }, instant = start_time) {
  const timeZone = venue.timezone;
  const format = (options) => new Intl.DateTimeFormat(locale, { timeZone, ...options });
  const parts = format({ timeZoneName: "shortOffset" }).formatToParts(new Date(instant));
  const offset = parts.find(({ type }) => type === "timeZoneName").value;
  const text = format({ dateStyle: "full", timeStyle: "short" }).format(new Date(instant));
  return `${text} (${timeZone}, ${offset})`;
}

// Show a problem's texts, or, without a problem, hide the box.
export function complain({ detail = "", message = "", errors = [] } = {}) {
  // The field of a refused ticket type is only the id of a seat, so it is not shown.
  const nameOf = ({ field }) => (field.startsWith("ticket_types.") ? "" : field);
  const texts = errors.map((error) => joined(nameOf(error), error.detail));
  const said = texts.length ? texts : [detail || message].filter(Boolean);
  byId("problem").replaceChildren(...said.map(textIn("p")));
  byId("problem").hidden = !said.length;
  if (said.length) byId("problem").scrollIntoView({ block: "nearest" });
}
