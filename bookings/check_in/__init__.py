"""The door at the API: what a scanner asks and tells. `bookings.services` decides who comes in."""
