"""Examples of the box office in the API's documentation."""

from drf_spectacular.utils import OpenApiExample

from bookings.views.examples import BOOKING

_SEATS = {"show_id": 7, "seat_ids": [11]}
CASH_SALE = OpenApiExample(
    "Cash, with change",
    {**_SEATS, "tender": {"method": "cash", "amount": "250.00", "tendered": "500.00"}},
    request_only=True,
)
COMPLIMENTARY = OpenApiExample(
    "Complimentary seats",
    {**_SEATS, "customer": {"name": "Asha Rao"}, "complimentary_reason": "press"},
    request_only=True,
)
PAY_LATER = OpenApiExample(
    "Hold now and pay later",
    {
        **_SEATS,
        "customer": {"name": "Asha Rao", "email": "asha@example.org", "phone": "+919876543210"},
        "pay_by": "2026-11-24T18:00:00Z",
    },
    request_only=True,
)
SALE = {
    **BOOKING,
    "status": "confirmed",
    "sales_channel": "box_office",
    "sold_by": 2,
    "sold_by_name": "Ravi Iyer",
    "customer_name": "",
    "customer_email": "",
    "customer_phone": "",
    "complimentary_reason": "",
    "payments": [
        {
            "id": 9,
            "provider": "cash",
            "status": "succeeded",
            "amount": "250.00",
            "currency": "INR",
            "amount_refunded": "0.00",
            "tendered": "500.00",
            "change_due": "250.00",
            "reference": "",
            "cash_session": 3,
            "created_at": "2026-11-22T17:00:00Z",
        }
    ],
    "refunds": [],
    "tickets": [
        {
            "id": 31,
            "seat_id": 11,
            "row": "A",
            "number": "1",
            "code": "K7Q-F2M-XD4",
            "payload": "T1.A1.V.7.B.TOP2V4.1.K6VWY57WHQNJ5R55UKGZ3UMW24BWXE3W6MBS2KZGHYT7NS4P…",
            "checked_in_at": None,
            "holder_name": "",
            "offered_to": "",
        }
    ],
    "change_due": "250.00",
}
SALE_EXAMPLE = OpenApiExample("A sale in cash", SALE, response_only=True)
