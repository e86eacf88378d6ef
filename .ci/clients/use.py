"""An example program for the generated Python client; CI runs it."""

from client import Client
from client.api.bookings import bookings_create
from client.api.shows import shows_list
from client.models import BookingRequest, BookingResponse, ProblemCodeEnum

hold = BookingRequest(show_id=7, seat_ids=[11])
assert hold.to_dict() == {"show_id": 7, "seat_ids": [11]}
assert "seats_unavailable" in set(ProblemCodeEnum)
assert "promo_code" in BookingResponse.__annotations__
assert callable(bookings_create.sync) and callable(shows_list.sync)
Client(base_url="https://tickets.example.org")
