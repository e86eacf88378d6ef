// The week that is shown: its screens, its shows by time, and what is in the way of a show.

import { addDays, midnightOf, minutesOf } from "./clock.js";

export class Week {
  constructor({ venue, timezone, day_starts_at, cleaning_minutes, first, today, screens, shows }) {
    Object.assign(this, { venue, timezone, first, today, screens });
    this.startsAt = day_starts_at;
    this.cleaning = cleaning_minutes;
    this.days = [...Array(7).keys()].map((number) => addDays(first, number));
    this.shows = shows.map((show) => ({
      ...show,
      start: minutesOf(show.start),
      end: minutesOf(show.end),
      freeFrom: minutesOf(show.free_from),
    }));
  }

  // The hours that the rows show: from 10:00 to 24:00, and more where there are shows.
  get span() {
    const sinceMidnight = (minutes, show) => minutes - midnightOf(this.dayOfShow(show));
    const starts = this.shows.map((show) => sinceMidnight(show.start, show));
    const ends = this.shows.map((show) => sinceMidnight(show.freeFrom, show));
    const from = Math.max(this.startsAt, Math.floor(Math.min(600, ...starts) / 60) * 60);
    return { from, to: Math.min(Math.ceil(Math.max(1440, ...ends) / 60) * 60, from + 1440) };
  }

  dayOfShow({ start }) {
    return this.days.findLast((day) => midnightOf(day) + this.startsAt <= start) ?? this.first;
  }

  on(day, screen) {
    return this.shows.filter((show) => show.screen === screen && this.dayOfShow(show) === day);
  }

  nameOf(screen) {
    return this.screens.find(({ id }) => id === screen)?.name;
  }

  // The show that overlaps these times on a screen, cleaning included.
  inTheWay(screen, start, freeFrom, except) {
    return this.shows.find(
      (show) =>
        show.screen === screen && show.id !== except && show.start < freeFrom && show.freeFrom > start,
    );
  }

  // A start near the wanted one, after the cleaning of the show before if that ends close to it.
  startNear(screen, wanted) {
    const before = this.shows.find(
      (show) =>
        show.screen === screen && show.freeFrom > wanted - 20 && show.freeFrom < wanted + 20 && show.start < wanted,
    );
    return before ? Math.ceil(before.freeFrom / 5) * 5 : Math.round(wanted / 15) * 15;
  }

  // The first time after the last show of a day, or 14:00.
  nextStart(day, screen) {
    const ends = this.on(day, screen).map(({ freeFrom }) => freeFrom);
    return ends.length ? Math.ceil(Math.max(...ends) / 15) * 15 : midnightOf(day) + 840;
  }
}
