// The hall of a show for its staff: who has which seat, and what is off sale and why. Seats are
// blocked and unblocked through the API, in the staff's own session.

import { request } from "./api.js";
import { descriptionOf, Hall, namesOf } from "./hall.js";
import { byId, complain, countOf, el, joined } from "./page.js";

const POLL_MS = 5000;
const { show: id, claims: claimsPath, seats: seatsPath } = byId("content-main").dataset;
const form = byId("block");
const chosen = new Set();
let claims = {}; // What is known of each seat that is not free, by its id.

const hall = new Hall(byId("hall"), {
  lookOf: (seat) => (chosen.has(seat) ? "chosen" : claims[seat.id]?.status || "free"),
  textOf: (seat) => joined(descriptionOf(seat), claimOf(seat), chosen.has(seat) && "chosen"),
  onChoose: toggle,
  onArea: () => {},
  onSelect: form && chooseAll,
});

async function send(method, path, body) {
  const headers = form && { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value };
  return (await request(method, path, { body, headers, credentials: "same-origin" })).data;
}

const get = (path) => send("GET", path);

function claimOf({ id: seatId }) {
  const claim = claims[seatId];
  if (!claim) return "free";
  const { status, booking, reason, owner, released_at } = claim;
  const release = released_at && `on sale from ${new Date(released_at).toLocaleString()}`;
  return joined(status, booking, reason, owner && `for ${owner}`, release);
}

async function start() {
  const { categories } = await hall.load(id, get);
  const looks = { held: "Held", booked: "Booked", blocked: "Blocked", chosen: "Chosen" };
  hall.drawLegend([
    ...categories.map(({ name }, index) => [`url(#category-${index})`, name]),
    ...Object.entries(looks).map(([look, text]) => [`url(#look-${look})`, text]),
  ]);
  for (;;) {
    await update().catch(complain);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function update() {
  const [known, found] = [claims, await get(claimsPath)];
  const isNew = ({ id: seatId }) => JSON.stringify(known[seatId]) !== JSON.stringify(found[seatId]);
  hall.seats.filter(isNew).forEach((seat) => (seat.look = null)); // Its text is another one.
  claims = found;
  const isFree = ({ id: seatId }) => ["blocked", undefined].includes(claims[seatId]?.status);
  [...chosen].filter((seat) => !isFree(seat)).forEach((seat) => chosen.delete(seat));
  render();
}

function render() {
  hall.refresh();
  if (!form) return;
  const names = chosen.size && chosen.size <= 20 && namesOf([...chosen]);
  byId("chosen").textContent = joined(`${countOf(chosen.size, "seat")} chosen`, names);
  for (const button of form.querySelectorAll("button")) button.disabled = !chosen.size;
}

// A seat that somebody has is looked at; others are chosen.
function toggle(seat) {
  const { status, booking } = claims[seat.id] || {};
  const link = booking && el("a", { href: `${seatsPath}&q=${booking}`, textContent: booking });
  byId("live").replaceChildren(hall.textOf(seat), ...(link ? [" · ", link] : []));
  if (!form || booking || status === "held") return;
  if (!chosen.delete(seat)) chosen.add(seat);
  render();
}

function chooseAll(seats) {
  for (const seat of seats) {
    if (["blocked", undefined].includes(claims[seat.id]?.status)) chosen.add(seat);
  }
  render();
}

async function change(what) {
  const { reason, owner, release_minutes: minutes } = form.elements;
  const ids = [...chosen].map((seat) => seat.id);
  const terms = { reason: reason.value, owner: owner.value };
  if (minutes.value) terms.release_minutes = minutes.valueAsNumber;
  await send("PATCH", `/api/shows/${id}/seats/`, { [what]: ids, ...(what === "block" && terms) });
  byId("live").textContent = `${countOf(ids.length, "seat")} ${what}ed.`;
  chosen.clear();
  await update();
}

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  complain();
  change(event.submitter.value).catch(complain);
});
byId("none")?.addEventListener("click", () => {
  chosen.clear();
  render();
});

start().catch(complain);
