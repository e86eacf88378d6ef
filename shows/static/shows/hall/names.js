// Names and descriptions of seats.

import { joined } from "../page.js";

// If sections share row names, the API puts the section before the row's name.
export const rowLabel = ({ section, row }) => (section ? row.replace(`${section} `, "") : row);
export const rowName = (seat) =>
  seat.section ? `${seat.section}, row ${rowLabel(seat)}` : `Row ${seat.row}`;
// A place in an area has no number, and the area's name as its row.
export const nameOf = (seat) => (seat.number ? `${rowName(seat)}, seat ${seat.number}` : seat.row);

// "Row C, seats 4, 5, 6; Row D, seat 1"
export function namesOf(seats) {
  const texts = [...Map.groupBy(seats, rowName)].map(([row, members]) => {
    const numbers = members.map(({ number }) => number).join(", ");
    return `${row}, seat${members.length > 1 ? "s" : ""} ${numbers}`;
  });
  return texts.join("; ");
}

export const MARKS = {
  accessible: "Wheelchair place",
  companion: "Beside a wheelchair place",
  restricted_view: "Restricted view",
  couple: "Sold as a pair",
};
export const marksOf = (seat) => Object.keys(MARKS).filter((mark) => seat[mark]);

// "Row C, seat 4 · Gold · Restricted view"
export const descriptionOf = (seat) =>
  joined(nameOf(seat), seat.category, ...marksOf(seat).map((mark) => MARKS[mark]));
