// The amounts of a quote or a booking, as a list.

import { el, money, unitsOf } from "./page.js";
import { t } from "./texts.js";

// Whether the prices include the tax: then the other amounts add up to the total without it.
export const includesTax = ({ subtotal, discount, fees, total }) =>
  unitsOf(subtotal) - unitsOf(discount) + unitsOf(fees) === unitsOf(total);

// List amounts that add up to the total. A tax within the prices follows the total.
export function listAmounts(list, amounts) {
  const isWithin = includesTax(amounts);
  const rows = [
    ["subtotal", t("subtotal"), amounts.subtotal],
    ["discount", t("discount"), amounts.discount, "−"],
    ["fees", t("fees"), amounts.fees],
    ["tax", t("tax"), isWithin ? "0" : amounts.tax],
  ].filter(([, , amount]) => Number(amount));
  rows.push(["total", t("total"), amounts.total]);
  if (Number(amounts.credit)) {
    rows.push(["credit", t("already paid"), amounts.credit, "−"], ["due", t("to pay"), amounts.amount_due]);
  }
  if (Number(amounts.refund)) rows.push(["refund", t("comes back"), amounts.refund]);
  if (isWithin && Number(amounts.tax)) rows.push(["of-which-tax", t("of which tax"), amounts.tax]);
  list.replaceChildren(...rows.flatMap(([className, name, amount, sign = ""]) => {
    const textContent = sign + money(amount, amounts.currency);
    return [el("dt", { className, textContent: name }), el("dd", { className, textContent })];
  }));
}
