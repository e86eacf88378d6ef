// Names and descriptions of seats.

import { joined } from "../page.js";
import { plural, t } from "../texts.js";

// If sections share row names, the API puts the section before the row's name.
export const rowLabel = ({ section, row }) => (section ? row.replace(`${section} `, "") : row);
export const rowName = (seat) =>
  seat.section
    ? t("{section}, row {row}", { section: seat.section, row: rowLabel(seat) })
    : t("Row {row}", seat);
// A place in an area has no number, and the area's name as its row.
export const nameOf = (seat) => 
  (seat.number ? t("{row}, seat {number}", { row: rowName(seat), number: seat.number }) : seat.row);

// "Row C, seats 4, 5, 6; Row D, seat 1"
export function namesOf(seats) {
  const texts = [...Map.groupBy(seats, rowName)].map(([row, members]) => {
    const numbers = members.map(({ number }) => number).join(", ");
    return plural(members.length, "{row}, seat {numbers}", "{row}, seats {numbers}", { row, numbers });
  });
  return texts.join("; ");
}

export const MARKS = {
  accessible: t("Wheelchair place"),
  companion: t("Beside a wheelchair place"),
  restricted_view: t("Restricted view"),
  couple: t("Sold as a pair"),
};
export const marksOf = (seat) => Object.keys(MARKS).filter((mark) => seat[mark]);

// "Row C, seat 4 · Gold · Restricted view"
export const descriptionOf = (seat) =>
  joined(nameOf(seat), seat.category, ...marksOf(seat).map((mark) => MARKS[mark]));
