// Times as the venue's clocks show them: minutes since 1970 without a zone, and days as texts.

export const DAY = 1440;

export const minutesOf = (wall) => Date.parse(`${wall}Z`) / 60000;
const isoOf = (minutes) => new Date(minutes * 60000).toISOString();
export const wallOf = (minutes) => isoOf(minutes).slice(0, 16);
export const timeOf = (minutes) => isoOf(minutes).slice(11, 16);
export const midnightOf = (day) => minutesOf(`${day}T00:00`);
export const addDays = (day, days) => isoOf(midnightOf(day) + days * DAY).slice(0, 10);

export function nameOf(day, weekday = "short") {
  const options = { weekday, day: "numeric", month: "short", timeZone: "UTC" };
  return new Intl.DateTimeFormat("en-GB", options).format(new Date(`${day}T00:00Z`));
}

// The business day of a time: a show at 00:30 belongs to the evening before.
export const dayOf = (minutes, startsAt) => isoOf(minutes - startsAt).slice(0, 10);

// The time of day on a business day. Before the beginning of the day it is in the night after it.
export function onDay(day, time, startsAt) {
  const minutes = midnightOf(day) + minutesOf(`1970-01-01T${time}`);
  return minutes < midnightOf(day) + startsAt ? minutes + DAY : minutes;
}

export const rounded = (minutes, step) => Math.round(minutes / step) * step;
