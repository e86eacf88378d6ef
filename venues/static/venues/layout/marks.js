// Marks of seats by click: wheelchair places, companions, restricted views and couples.
// A plain layout has numbers in its rows; a seating plan has a side list by the GUIDs of the seats.

import { nameOf } from "../../shows/hall.js";

const NAMES = {
  accessible: "a wheelchair place",
  companion: "a companion's seat",
  restricted_view: "a seat with a restricted view",
  couple: "a couple's seat",
};
const OPPOSITES = { accessible: "companion", companion: "accessible" };
const byNumber = (first, second) => first - second;

// Return the changed layout, or null if nothing changes, and a text that says what happened.
export function toggle(layout, seats, seat, mark) {
  if (mark === "couple") return toggleCouple(layout, seats, seat);
  const isSet = !seat[mark];
  const changed = layout.rows ? inRow(layout, seat, mark, isSet) : inSideList(layout, seat.guid, mark, isSet);
  return [changed, `${nameOf(seat)} is ${isSet ? "" : "no longer "}${NAMES[mark]}.`];
}

function inRow(layout, seat, mark, isSet) {
  const number = Number(seat.number);
  const without = (list = []) => list.filter((each) => each !== number);
  return withRow(layout, seat.row, (row) => {
    const changed = { ...row, [mark]: isSet ? [...without(row[mark]), number].sort(byNumber) : without(row[mark]) };
    if (isSet && OPPOSITES[mark]) changed[OPPOSITES[mark]] = without(row[OPPOSITES[mark]]);
    return changed;
  });
}

const withRow = (layout, label, change) => ({
  ...layout,
  rows: layout.rows.map((row) => (row.row === label ? change(row) : row)),
});

export const withSideList = (layout) => (layout.plan ? layout : { plan: layout });

function inSideList(layout, guid, mark, value) {
  const whole = withSideList(layout);
  const marks = { ...whole.seats?.[guid] };
  if (value) marks[mark] = value;
  else delete marks[mark];
  if (value) delete marks[OPPOSITES[mark]];
  const seats = { ...whole.seats, [guid]: marks };
  if (!Object.keys(marks).length) delete seats[guid];
  return { ...whole, seats };
}

// Make a couple of a seat and the next one of its row, or part the couple that it belongs to.
function toggleCouple(layout, seats, seat) {
  const row = seats.filter((each) => each.row === seat.row && each.section === seat.section);
  const isPlain = Boolean(layout.rows);
  row.sort(isPlain ? (a, b) => a.number - b.number : (a, b) => a.x - b.x);
  const partners = seat.couple
    ? row.filter(({ couple }) => couple === seat.couple)
    : row.slice(row.indexOf(seat), row.indexOf(seat) + 2);
  if (partners.length < 2 || (!seat.couple && partners.some(({ couple }) => couple))) {
    return [null, `${nameOf(seat)} has no free seat beside it.`];
  }
  const isSet = !seat.couple;
  const names = partners.map(nameOf).join(" and ");
  const text = isSet ? `${names} are sold together.` : `${names} are sold one by one.`;
  if (isPlain) {
    const first = Number(partners[0].number);
    return [withRow(layout, seat.row, (each) => {
      const others = (each.couples ?? []).filter((number) => number !== first);
      return { ...each, couples: isSet ? [...others, first].sort(byNumber) : others };
    }), text];
  }
  const label = isSet && `${seat.row} ${partners[0].number}`;
  const changed = partners.reduce((whole, { guid }) => inSideList(whole, guid, "couple", label), layout);
  return [changed, text];
}

// Bring the seats of a preview up to date with the marks of a layout.
export function applyMarks(layout, seats) {
  const rows = new Map(layout.rows?.map((row) => [row.row, row]));
  for (const seat of seats) {
    const row = rows.get(seat.row);
    const number = Number(seat.number);
    const marks = row
      ? {
          accessible: row.accessible?.includes(number),
          companion: row.companion?.includes(number),
          restricted_view: row.restricted_view?.includes(number),
          couple: coupleIn(row, number),
        }
      : layout.seats?.[seat.guid] ?? {};
    for (const name of ["accessible", "companion", "restricted_view"]) seat[name] = Boolean(marks[name]);
    seat.couple = marks.couple || "";
  }
}

function coupleIn({ row, couples = [] }, number) {
  const first = couples.find((each) => each === number || each === number - 1);
  return first === undefined ? "" : `${row} ${first}`;
}
