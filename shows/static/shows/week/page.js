// The page of a venue's week: it reads the week, draws it, and opens the forms.

import { byId, complain, option } from "../page.js";
import { addShow } from "./add_show.js";
import { addDays } from "./clock.js";
import { copyDay, copyWeek } from "./copying.js";
import { Grid } from "./grid.js";
import { Week } from "./model.js";
import { newFilm, newHall, newVenue } from "./new_things.js";
import { moveShow, movedText, openShow } from "./one_show.js";
import { closePanel } from "./panel.js";
import { may, textOf, weekOf } from "./server.js";

const guarded = (action) => (...values) => Promise.resolve(action(...values)).catch(complain);

const page = {
  week: null,
  get venue() {
    return byId("venue").value;
  },

  say(text) {
    byId("live").textContent = text;
  },

  // Draw the week again after a change.
  async done(text, show = null, day = page.week?.first) {
    await load(day);
    closePanel();
    page.say(text);
    if (show) page.grid.focusOn(show);
  },

  reload: () => load(page.week?.first),

  async venueAdded(id, name) {
    byId("venue").append(option(id, name));
    byId("venue").value = id;
    await page.done(`${name} was added. Now add a hall.`, null, "");
    newHall(page);
  },
};

page.grid = new Grid(byId("grid"), {
  add: guarded((screen, start) => addShow(page, screen, start)),
  open: (show) => openShow(page, show),
  drop: guarded(drop),
  copyDay: (day) => copyDay(page, day),
});

// A dropped show without bookings moves at once if nothing is in the way. Others open the form.
async function drop(show, screen, start) {
  const freeFrom = show.freeFrom + start - show.start;
  if (show.has_bookings || page.week.inTheWay(screen, start, freeFrom, show.id)) {
    return openShow(page, show, { screen, start });
  }
  try {
    await moveShow(show, { screen, start });
  } catch (problem) {
    openShow(page, show, { screen, start });
    return complain({ detail: textOf(problem) });
  }
  return page.done(movedText(show, { screen, start }, page.week), show.id);
}

async function load(day) {
  complain();
  const hasVenue = Boolean(page.venue);
  byId("new-hall").hidden = !hasVenue || !may("hall");
  if (!hasVenue) return page.say("There is no venue yet.");
  page.week = new Week(await weekOf(page.venue, day));
  byId("day").value = page.week.first;
  byId("copy-week").hidden = !may("schedule") || !page.week.shows.length;
  byId("how").hidden = !page.week.screens.length;
  page.grid.draw(page.week);
  if (!page.week.screens.length) page.say("This venue has no halls yet.");
  const query = new URLSearchParams({ venue: page.venue, day: page.week.first });
  history.replaceState(null, "", `?${query}`);
}

function step(days) {
  closePanel();
  page.say("");
  guarded(load)(addDays(page.week.first, days));
}

byId("earlier").addEventListener("click", () => step(-7));
byId("later").addEventListener("click", () => step(7));
byId("this-week").addEventListener("click", () => guarded(load)(""));
byId("day").addEventListener("change", () => byId("day").value && guarded(load)(byId("day").value));
byId("venue").addEventListener("change", () => {
  closePanel();
  guarded(load)(page.week?.first);
});
byId("copy-week").addEventListener("click", () => copyWeek(page));
byId("new-film").addEventListener("click", () => newFilm(page));
byId("new-hall").addEventListener("click", () => newHall(page));
byId("new-venue").addEventListener("click", () => newVenue(page));
byId("new-film").hidden = !may("film");
byId("new-venue").hidden = !may("venue");

const asked = new URLSearchParams(location.search);
if (asked.get("venue")) byId("venue").value = asked.get("venue");
if (!byId("venue").value && byId("venue").options.length) byId("venue").selectedIndex = 0;
guarded(load)(asked.get("day") || "");
