// The hall of a show in the admin site: who has which seat, and which seats are blocked and why.
// Staff block and unblock seats through the API, in their own session.

import { request } from "./api.js";
import { descriptionOf, Hall, namesOf } from "./hall.js";
import { Reseating } from "./hall_reseat.js";
import { byId, complain, countOf, el, joined } from "./page.js";

const POLL_MS = 5000;
const { show: id, claims: claimsPath, seats: seatsPath } = byId("content-main").dataset;
const form = byId("block");
const chosen = new Set();
let claims = null; // The claims on seats that are not free, by seat id; null until they are read.

const hall = new Hall(byId("hall"), {
  lookOf: (seat) => reseating.lookOf(seat) || (chosen.has(seat) ? "chosen" : stateOf(seat)),
  textOf: (seat) => joined(descriptionOf(seat), claimOf(seat), chosen.has(seat) && "chosen"),
  onChoose: toggle,
  onArea: chooseArea,
  onSelect: form && chooseAll,
});

const reseating = new Reseating({
  show: id,
  sitterOf: ({ id: seatId }) => claims?.[seatId]?.sitter,
  isFree: (seat) => isOurs(seat),
  send,
  render: () => claims && render(),
  done: async (text) => {
    byId("live").textContent = text;
    await update();
  },
  complain,
});

async function send(method, path, body) {
  const csrf = document.querySelector("#content-main [name=csrfmiddlewaretoken]");
  const headers = csrf && { "X-CSRFToken": csrf.value };
  return (await request(method, path, { body, headers, credentials: "same-origin" })).data;
}

const get = (path) => send("GET", path);

const stateOf = (seat) => (claims ? statusOf(seat) || "free" : "taken");
const statusOf = ({ id: seatId }) => claims?.[seatId]?.status;
// Staff choose seats that are free or blocked.
const isOurs = (seat) => claims && [undefined, "blocked"].includes(statusOf(seat));

function claimOf({ id: seatId }) {
  if (!claims) return "loading";
  const claim = claims[seatId];
  if (!claim) return "free";
  const { status, booking, reason, owner, released_at, sitter } = claim;
  const release = released_at && `on sale from ${new Date(released_at).toLocaleString()}`;
  return joined(status, sitter?.name, booking, reason, owner && `for ${owner}`, release);
}

async function start() {
  const { categories, areas } = await hall.load(id, get);
  hall.areas = areas;
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
  const isNew = ({ id: seatId }) => JSON.stringify(known?.[seatId]) !== JSON.stringify(found[seatId]);
  hall.seats.filter(isNew).forEach((seat) => (seat.look = null)); // Their texts have changed.
  claims = found;
  [...chosen].filter((seat) => !isOurs(seat)).forEach((seat) => chosen.delete(seat));
  render();
}

function render() {
  hall.refresh();
  if (!form) return;
  const names = chosen.size && chosen.size <= 20 && namesOf([...chosen]);
  byId("chosen").textContent = joined(`${countOf(chosen.size, "seat")} chosen`, names);
  const isEmpty = !chosen.size && !Object.keys(areaOf()).length;
  for (const button of form.querySelectorAll("button")) button.disabled = isEmpty;
}

// Choose a free or blocked seat; say who sits on any other seat, and link to the booking.
function toggle(seat) {
  if (reseating.onSeat(seat)) {
    if (!reseating.isAsking) byId("live").textContent = "";
    return;
  }
  const booking = claims?.[seat.id]?.booking;
  const link = booking && el("a", { href: `${seatsPath}&q=${booking}`, textContent: booking });
  byId("live").replaceChildren(hall.textOf(seat), ...(link ? [" · ", link] : []));
  if (!form || !isOurs(seat)) return;
  if (!chosen.delete(seat)) chosen.add(seat);
  render();
}

// An area is blocked by a number of places, which the form asks for.
function chooseArea({ name }) {
  const area = hall.areas.find((each) => each.name === name);
  byId("live").textContent = joined(name, `${area.available} of ${area.total} places free`);
  if (!form) return;
  byId("area").hidden = false;
  byId("area-name").textContent = name;
  form.elements.places.focus();
  render();
}

function areaOf() {
  const { places } = form.elements;
  return byId("area").hidden || !places.value ? {} : { [byId("area-name").textContent]: places.valueAsNumber };
}

function chooseAll(seats) {
  seats.filter(isOurs).forEach((seat) => chosen.add(seat));
  render();
}

async function change(what) {
  const { reason, owner, release_minutes: minutes } = form.elements;
  const ids = [...chosen].map((seat) => seat.id);
  const terms = { reason: reason.value, owner: owner.value };
  if (minutes.value) terms.release_minutes = minutes.valueAsNumber;
  const areas = areaOf();
  const wanted = { ...(ids.length && { [what]: ids }), ...(Object.keys(areas).length && { [`${what}_areas`]: areas }) };
  await send("PATCH", `/api/shows/${id}/seats/`, { ...wanted, ...(what === "block" && terms) });
  hall.areas = (await get(`/api/shows/${id}/seats/`)).areas;
  const count = Object.values(areas).reduce((sum, places) => sum + places, ids.length);
  byId("live").textContent = `${countOf(count, "seat")} ${what}ed.`;
  chosen.clear();
  form.elements.places.value = "";
  byId("area").hidden = true;
  await update();
}

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  complain();
  change(event.submitter.value).catch(complain);
});
form?.elements.places.addEventListener("input", render);
byId("none")?.addEventListener("click", () => {
  chosen.clear();
  form.elements.places.value = "";
  byId("area").hidden = true;
  render();
});

start().catch(complain);
