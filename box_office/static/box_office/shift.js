// The shift: the X report, cash in and out, and the close with its Z report.

import { byId, el, money, textIn } from "../shows/page.js";
import { typedAmount } from "./amounts.js";
import { ask } from "./dialogs.js";
import { openOpening } from "./setup.js";
import { call, state, till } from "./state.js";
import { sendOnce } from "./waiting.js";

const path = (name = "") => `/api/box-office/cash-sessions/${state.cash.id}/${name}`;

export async function openShift() {
  if (!state.cash) return openOpening();
  drawReport(await call("GET", path()));
}

export function drawReport(report) {
  state.cash = report;
  const { currency, methods, movements, status } = report;
  const priced = (amount) => money(amount, currency);
  const isClosed = status === "closed";
  const rows = [
    [isClosed ? "Z report" : "X report", isClosed ? String(report.number) : "open"],
    ["Opened", new Date(report.opened_at).toLocaleString("en-GB")],
    ["Opening float", priced(report.opening_float)],
    ...methods.flatMap(({ method, sales, taken, refunds, given_back: back }) => [
      [`${method.replace("_", " ")}, ${sales} ×`, priced(taken)],
      ...(refunds ? [[`${method.replace("_", " ")} given back, ${refunds} ×`, `−${priced(back)}`]] : []),
    ]),
    ["Cash expected", priced(report.expected)],
    ...(isClosed ? [["Cash counted", priced(report.counted)], ["Difference", priced(report.difference)]] : []),
  ];
  byId("report").replaceChildren(...rows.flatMap(([name, text]) =>
    [el("dt", { textContent: name }), el("dd", { textContent: text })]));
  byId("movements").replaceChildren(...movements.map(({ kind, amount, reason, by }) =>
    el("li", {}, textIn("span")(`${kind.replace("_", " ")}: ${reason} (${by})`), textIn("span")(priced(amount)))));
  byId("movement").hidden = byId("closing").hidden = isClosed;
  byId("next-session").hidden = !isClosed;
}

export async function recordMovement({ kind, amount, reason }) {
  const body = { kind: kind.value, amount: typedAmount(amount.value), reason: reason.value };
  await sendOnce("movement", path("movements/"), body);
  byId("movement").reset();
  await openShift();
}

export async function closeSession({ counted }) {
  const body = { counted: typedAmount(counted.value) };
  const answer = await ask("close", {
    title: "Close the cash session?", note: "Nothing of its report changes afterwards.", yes: "Close",
  });
  if (!answer) return;
  const report = await sendOnce("close", path("close/"), body);
  byId("closing").reset();
  drawReport(report);
}

export async function startNextSession() {
  state.cash = null;
  await openOpening();
}

// The report is a PDF for the till's printer; the browser opens it in a tab of its own.
export async function printReport() {
  const file = await call("GET", path("report.pdf"));
  const url = URL.createObjectURL(file);
  const name = `report-${state.cash.station}-${state.cash.number ?? "x"}.pdf`;
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

export const finishShift = async (report) => {
  till.open("shift");
  if (report.status) drawReport(report);
};
