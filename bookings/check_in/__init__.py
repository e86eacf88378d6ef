"""Check-in at the API. The rules of the door are in `bookings.services.checking_in`."""
