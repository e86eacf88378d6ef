"""Examples of bookings in the API's documentation."""

from drf_spectacular.utils import OpenApiExample

NAMED_SEATS = OpenApiExample("Named seats", {"show_id": 7, "seat_ids": [11, 12]}, request_only=True)
BEST_SEATS = OpenApiExample(
    "The best available",
    {"show_id": 7, "quantity": 2, "category": "Gold"},
    request_only=True,
)
WITH_AREAS = OpenApiExample(
    "A seat, and two places in an area",
    {
        "show_id": 7,
        "seat_ids": [11],
        "areas": {"Floor": 2},
        "ticket_types": {"Floor": {"Child": 1}},
    },
    request_only=True,
)
EXCHANGE = OpenApiExample(
    "One ticket for a seat of another show",
    {"ticket_ids": [31], "show_id": 8, "seat_ids": [11]},
    request_only=True,
)
BOOKING = {
    "id": 31,
    "reference": "K7QF-2MXD",
    "user": 4,
    "show": 7,
    "status": "pending",
    "booked_at": "2026-11-22T17:00:00Z",
    "expires_at": "2026-11-22T17:10:00Z",
    "seat_ids": [11],
    "seats": [
        {
            "seat_id": 11,
            "section": "",
            "row": "A",
            "number": "1",
            "category": "Gold",
            "ticket_type": "Adult",
            "price": "250.00",
        }
    ],
    "subtotal": "250.00",
    "discount": "0.00",
    "fees": "0.00",
    "tax": "0.00",
    "total": "250.00",
    "currency": "INR",
    "current_amounts": None,
    "amount_refunded": "0.00",
    "promo_code": None,
    "sales_channel": "web",
    "refund_rules": [{"hours": "2", "percent": "100"}],
    "fees_refundable": True,
    "exchange_until": "2026-11-23T18:30:00Z",
    "exchanged_from": None,
    "credit": "0.00",
    "amount_due": "250.00",
}
TICKET_EXAMPLE = OpenApiExample(
    "A ticket",
    {
        "id": 31,
        "seat_id": 11,
        "row": "A",
        "number": "11",
        "code": "K7Q-F2M-XD4",
        "payload": "T1.A1.V.7.B.TOP2V4.1.K6VWY57WHQNJ5R55UKGZ3UMW24BWXE3W6MBS2KZGHYT7NS4P…",
        "checked_in_at": None,
        "holder_name": "",
        "offered_to": "",
    },
    response_only=True,
)
BOOKING_EXAMPLE = OpenApiExample("A hold", BOOKING, response_only=True)
