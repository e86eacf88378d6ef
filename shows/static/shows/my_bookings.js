// The bookings of a customer, and the mail with the links of bookings without an account.

import { now, request, Session } from "./api.js";
import { onSubmit } from "./forms.js";
import { namesOf } from "./hall/names.js";
import { loginPanel } from "./login_panel.js";
import { byId, el, joined, localTime, money, textIn } from "./page.js";
import { showPoster } from "./posters.js";
import { statusName } from "./statuses.js";

const session = new Session("tokens");
let last;

async function draw(isLoggedIn) {
  byId("find").hidden = isLoggedIn;
  byId("list").hidden = !isLoggedIn;
  for (const id of ["coming", "earlier"]) byId(id).replaceChildren();
  last = null;
  if (isLoggedIn) await more();
}

async function more() {
  const query = new URLSearchParams({ expand: "show", page_size: 50, ...(last && { before: last }) });
  const { results, next } = await session.call("GET", `/api/bookings/?${query}`);
  const isOver = ({ status, show_details: show }) =>
    ["expired", "cancelled"].includes(status) || Date.parse(show.end_time) < now();
  const { coming = [], earlier = [] } = Object.groupBy(results, (one) => (isOver(one) ? "earlier" : "coming"));
  const byTime = (one, other) => (one.show_details.start_time < other.show_details.start_time ? -1 : 1);
  byId("coming").append(...coming.sort(byTime).map(item));
  byId("earlier").append(...earlier.map(item));
  byId("none").hidden = byId("coming").childElementCount > 0;
  byId("earlier-title").hidden = !byId("earlier").childElementCount;
  last = results.at(-1)?.id;
  byId("more").hidden = !next;
}

function item({ reference, status, seats, total, currency, show_details: show }) {
  const title = el("a", { href: `/bookings/${reference}`, textContent: show.event.title });
  const place = joined(`${show.venue.name}, ${show.venue.city}`, show.screen.name);
  const facts = joined(statusName(status), namesOf(seats), money(total, currency), reference);
  const poster = el("div", { className: "poster", ariaHidden: true });
  showPoster(poster, show.event);
  const texts = [localTime(show), place, facts].map(textIn("p"));
  return el("li", { className: "card summary" }, poster, el("div", {}, el("h3", {}, title), ...texts));
}

onSubmit(byId("find").querySelector("form"), async ({ email }) => {
  await request("POST", "/api/bookings/find/", { body: { email: email.value } });
  byId("find").querySelector(".done").hidden = false;
});
byId("more").addEventListener("click", () => more());
loginPanel(session, draw)();
