// The panel of a hold: the countdown and the payment.

import { now, Problem, request } from "../api.js";
import { confirmCard, isShown, showCard, takesCards } from "../card_payment.js";
import { byId, complain } from "../page.js";
import { wantedSeats } from "./choice.js";
import { holdPath } from "./exchange.js";
import { adoptLostHold, dropExpiredHolds } from "./holds.js";
import { askForLogin } from "./login.js";
import { lose, update } from "./map.js";
import { offer } from "./offers.js";
import { bookingPath, page, reference, seatsOf, session, state } from "./state.js";
import { t } from "../texts.js";

let bankUrl;

// Hold the chosen seats.
export async function hold() {
  if (!session.tokens) return askForLogin(hold);
  try {
    page.adopt(await session.postOnce(holdPath(), wantedSeats()));
  } catch (problem) {
    const { code, alternatives, other_shows, single_seat_ids, unavailable_seat_ids } = problem;
    if (code === "seats_unavailable") return lose(unavailable_seat_ids, alternatives, other_shows);
    // The hold may exist although its answer was lost.
    if (!problem.status) await adoptLostHold();
    if (state.booking) return;
    if (code === "leaves_single_seat") await offer([[...state.chosen.keys(), ...single_seat_ids]]);
    throw problem;
  }
}

export function tick() {
  dropExpiredHolds();
  if (state.booking?.status !== "pending") return;
  const ms = Date.parse(state.booking.expires_at) - now();
  const left = Math.max(0, Math.floor(ms / 1000));
  const seconds = String(left % 60).padStart(2, "0");
  byId("countdown").textContent = `${Math.floor(left / 60)}:${seconds}`;
  if (left === 60) byId("live").textContent = t("One minute left to pay.");
  if (ms < 0) page.act(reload);
}

// Read the booking again. If it has expired, choose its seats again, unless others are chosen.
export async function reload() {
  const found = await session.call("GET", bookingPath());
  if (found.status === "expired") {
    page.adopt(null);
    await update();
    const free = seatsOf(found.seat_ids).filter(({ status }) => status === "available");
    if (!state.chosen.size) page.choose(free.map((seat) => seat.id));
    complain({ detail: t("The time to pay is over, and the seats are free for others.") });
  } else if (found.status !== state.booking.status) page.adopt(found);
}

export async function pay(payment_method) {
  try {
    await (takesCards ? payByCard() : payAtOnce({ payment_method }));
  } catch (problem) {
    if (problem.status !== 409) throw problem;
    complain(problem);
    await reload();
  }
}

const payAtOnce = async (method) =>
  settle(await session.postOnce(bookingPath("payments/"), method));

// The first call shows the fields for the card, and the second one confirms the payment.
async function payByCard() {
  if (isShown()) {
    await confirmCard(reference || state.booking.reference);
    return settle({ status: "requires_action" });
  }
  const { status, client_secret } = await session.postOnce(bookingPath("payments/"), {});
  if (status !== "requires_action") return settle({ status });
  await showCard(byId("card"), client_secret);
}

async function settle({ status, next_action, failure }) {
  await reload();
  if (status === "failed") throw new Problem({ detail: failure });
  bankUrl = next_action?.url;
  const bank = byId("bank");
  bank.hidden = status !== "requires_action";
  bank.querySelector("button").hidden = !bankUrl;
  bank.querySelector("span").textContent = bankUrl
    ? t("Your bank asks you to confirm the payment.")
    : t("Your bank has not answered yet. This page waits for it.");
}

export const confirmAtBank = async () => settle((await request("POST", bankUrl)).data);

export async function cancel() {
  const isPaid = state.booking.status === "confirmed";
  const question = t("Cancel this booking? The show’s terms say how much is refunded.");
  if (isPaid && !confirm(question)) return;
  const cancelled = await session.postOnce(bookingPath("cancel/"), {});
  page.adopt(isPaid ? cancelled : null);
  await update();
}
