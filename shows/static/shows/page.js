// Small things of every page. Data is put into pages as text, never as HTML.

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

// Amounts are decimal strings with the currency's own digits, and are shown with just those.
const digitsOf = (amount) => (amount.split(".")[1] || "").length;

export function money(amount, currency) {
  const digits = digitsOf(amount);
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat("en", { style: "currency", currency, ...options }).format(amount);
}

// Exact up to 15 digits, as cents are whole.
export function sum(amounts) {
  const digits = digitsOf(amounts[0]);
  const cents = amounts.reduce((total, amount) => total + Number(amount.replace(".", "")), 0);
  return (cents / 10 ** digits).toFixed(digits);
}

// What the clock at the venue shows, and which clock that is.
export function localTime({ venue, start_time }, instant = start_time) {
  const timeZone = venue.timezone;
  const format = (options) => new Intl.DateTimeFormat("en-GB", { timeZone, ...options });
  const parts = format({ timeZoneName: "shortOffset" }).formatToParts(new Date(instant));
  const offset = parts.find(({ type }) => type === "timeZoneName").value;
  const text = format({ dateStyle: "full", timeStyle: "short" }).format(new Date(instant));
  return `${text} (${timeZone}, ${offset})`;
}

// Say what is wrong, or, without a problem, that nothing is.
export function complain({ detail = "", message = "", errors = [] } = {}) {
  const texts = errors.map((error) => joined(error.field, error.detail));
  const said = texts.length ? texts : [detail || message].filter(Boolean);
  byId("problem").replaceChildren(...said.map(textIn("p")));
  byId("problem").hidden = !said.length;
  if (said.length) byId("problem").scrollIntoView({ block: "nearest" });
}
