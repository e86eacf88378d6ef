// Amounts of money: decimal strings with the digits of their currency, counted in its smallest unit.

import { get } from "../shows/api.js";

let digits = {};

export async function loadCurrencies() {
  digits = (await get("/api/config/")).currencies;
}

export const digitsOf = (currency) => digits[currency] ?? 2;

// The smallest units of an amount: 25050 for "250.50".
export function unitsOf(amount, currency) {
  const [whole, fraction = ""] = amount.split(".");
  const count = digitsOf(currency);
  return Number(whole + fraction.padEnd(count, "0").slice(0, count));
}

export function amountOf(units, currency) {
  const count = digitsOf(currency);
  return (units / 10 ** count).toFixed(count);
}

// An amount as a person types it, with a comma or a point.
export const typedAmount = (text) => text.trim().replace(",", ".");

// Notes that a customer may give for an amount: the next round sums above it.
export function likelyNotes(units, currency) {
  const one = 10 ** digitsOf(currency);
  const steps = [5, 10, 20, 50, 100, 200, 500, 1000, 2000].map((step) => step * one);
  const sums = steps.map((step) => Math.ceil(units / step) * step).filter((sum) => sum > units);
  return [...new Set(sums)].sort((a, b) => a - b).slice(0, 5);
}
