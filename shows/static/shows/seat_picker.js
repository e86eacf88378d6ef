// The seat picker: choose seats, hold them, pay, and get the tickets. Each panel is a file in
// picker/; this file connects them.

import { now } from "./api.js";
import { forgetCard, isShown } from "./card_payment.js";
import { byId, complain, joined, localTime, option, textIn } from "./page.js";
import { areaFields, countPlaces, stand } from "./picker/areas.js";
import { pickBest } from "./picker/best.js";
import { save, showBooking } from "./picker/booking.js";
import { renderChoice, renderPrice } from "./picker/choice.js";
import { askForLogin, beAGuest, logIn, logOut } from "./picker/login.js";
import { beginExchange } from "./picker/exchange.js";
import { drawLegend, hall, load, update } from "./picker/map.js";
import { findHolds, renderHolds } from "./picker/holds.js";
import { cancel, confirmAtBank, hold, pay, reload, tick } from "./picker/payment.js";
import { add, isByLink, page, seatsOf, session, state } from "./picker/state.js";
import { namesOf } from "./hall.js";
import { t } from "./texts.js";

const POLL_MS = 4000;
const id = byId("picker").dataset.show;

async function start() {
  const map = await load(id);
  showFacts(map.show);
  byId("best").elements.category.append(...map.categories.map(({ name }) => option(name)));
  byId("areas").replaceChildren(...map.areas.flatMap(areaFields));
  countPlaces(map.areas);
  drawLegend(map.categories);
  const wanted = new URLSearchParams(location.search).get("seats")?.split(",").map(Number) || [];
  choose(wanted.filter((seatId) => state.seats.get(seatId)?.status === "available"));
  watch();
  setInterval(tick, 1000);
  await act(resume);
}

// Continue what the customer began earlier. A click before that would be lost.
async function resume() {
  try {
    await beginExchange();
    await findHolds();
  } finally {
    document.querySelector("aside").inert = false;
  }
}

function showFacts(show) {
  const { venue, screen, language, format, on_sale, sales_open_at } = show;
  const place = joined(`${venue.name}, ${venue.city}`, screen.name, language, format);
  byId("facts").replaceChildren(...[localTime(show), place].map(textIn("span")));
  const opens = new Date(sales_open_at || 0) > now() && localTime(show, sales_open_at);
  byId("sale").textContent = on_sale ? "" : opens ? t("On sale from {time}.", { time: opens }) : t("Not on sale.");
}

// Poll the availability, and the booking while the bank is asked.
async function watch() {
  await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  if (!document.hidden) {
    await update().catch(() => {}); // The next poll may succeed.
    if (state.booking && !byId("bank").hidden) await act(reload);
  }
  watch();
}

// Choose exactly these seats.
function choose(ids) {
  const group = seatsOf(ids);
  complain();
  state.chosen.clear();
  group.forEach(add);
  render();
  if (!group.length) return;
  hall.reveal(group[0]);
  byId("live").textContent = t("Chosen: {seats}.", { seats: namesOf(group) });
}

// Show the panels that fit: the choice, or the booking that came of it.
function render() {
  const status = state.booking?.status;
  byId("choose").hidden = Boolean(status);
  byId("pay").hidden = status !== "pending";
  byId("done").hidden = !status || status === "pending";
  byId("offers").hidden = true;
  byId("account").hidden = isByLink;
  byId("account").textContent = session.tokens ? t("Log out") : t("Log in");
  hall.refresh();
  renderHolds();
  renderChoice();
}

// Continue with a booking; with null, go on choosing.
function adopt(booking) {
  state.booking = booking;
  state.holds = state.holds.filter((hold) => hold.id !== booking?.id);
  const isCancelled = booking?.status === "cancelled";
  state.mine = new Set(isCancelled ? [] : booking?.seat_ids ?? state.exchange?.mine);
  state.mine.forEach((seatId) => state.chosen.delete(seatId));
  if (booking) stand();
  byId("bank").hidden = true;
  if (isShown() && booking?.status !== "pending") forgetCard(byId("card"));
  render();
  if (!booking) return;
  showBooking();
  tick();
}

// Run one action at a time, and show its problem. A 401 asks for a login and then continues.
async function act(action) {
  if (page.isBusy) return;
  page.isBusy = true;
  complain();
  try {
    await action();
  } catch (problem) {
    // If the login form is open, the password was wrong.
    if (problem.status === 401 && byId("login").hidden) askForLogin(action);
    else complain(problem);
  } finally {
    page.isBusy = false;
  }
}

function on(selector, type, action) {
  for (const node of document.querySelectorAll(selector)) {
    node.addEventListener(type, (event) => {
      event.preventDefault();
      act(() => action(node.elements || node));
    });
  }
}

Object.assign(page, { render, adopt, choose, act });
on("#best", "submit", pickBest);
on("#options", "submit", renderPrice);
on("#hold", "click", hold);
on("#account", "click", () => (session.tokens ? logOut() : askForLogin()));
on("#login form", "submit", logIn);
on("#guest", "click", beAGuest);
on("#pay form", "submit", ({ card }) => pay(card?.value));
on("#bank button", "click", confirmAtBank);
on("[data-save]", "click", ({ dataset }) => save(dataset.save));
on("#again", "click", () => adopt(null));
on("[data-cancel]", "click", cancel);

start().catch(complain);
