// What a front end written in TypeScript does with the generated types; it must compile.
import type { components, paths } from "./api";

type Schemas = components["schemas"];
type Booking =
  paths["/api/bookings/"]["post"]["responses"]["201"]["content"]["application/json"];

// Optional fields of a request may be left out, whatever their defaults are.
export const hold: Schemas["BookingRequest"] = { show_id: 7, seat_ids: [11] };
export const registration: Schemas["RegistrationRequest"] = {
  email: "asha@example.org",
  password: "correct horse battery",
};

// What is always sent needs no check; what may be null does.
export const label = (booking: Booking): string =>
  `${booking.reference} ${booking.seats[0].price} ${booking.promo_code ?? ""}`;

// The members of problems and their codes are typed.
export const alternatives = (problem: Schemas["Problem"]): number[][] =>
  problem.code === "seats_unavailable" ? (problem.alternatives ?? []) : [];

// Flags are booleans, days are texts, ids are numbers.
export const query: paths["/api/shows/"]["get"]["parameters"]["query"] = {
  available: true,
  date: "2026-12-01",
  venue: 3,
};
export const path: paths["/api/shows/{id}/"]["get"]["parameters"]["path"] = { id: 7 };
