"""
A till that is killed between two lines of a sale.

All or nothing is sold, and a request with the same key ends the sale.
"""

import json

import pytest
from django.db import connection

from bookings.models import Booking, IdempotencyKey, Payment, Ticket
from bookings.tests.crashing import act, mortal_process
from bookings.tests.soundness import broken
from box_office.models import Tender
from box_office.tests.factories import cash_session, sale_body
from shows.models import ShowSeat
from shows.tests.factories import scheduled_show
from users.services import walk_in_account
from users.tests.factories import staff_with

pytestmark = [
    pytest.mark.long,
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres,
]
SALES = "box_office.services.sales."
POINTS = {
    "nothing locked": (f"{SALES}hold_for_counter", "before"),
    "held": (f"{SALES}hold_for_counter", "after"),
    "paid, cash not recorded": (f"{SALES}record_tender", "before"),
    "cash recorded": (f"{SALES}record_tender", "after"),
    "not committed": (f"{SALES}with_sale_details", "after"),
    "committed, no answer sent": ("box_office.services.sell", "after"),
}


@pytest.mark.parametrize("name", POINTS)
def test_a_killed_till_sells_all_or_nothing(name: str) -> None:
    show, seller = scheduled_show(), staff_with("sell")
    cash_session(venue=show.screen.venue, seller=seller)
    walk_in_account()
    request = {
        "user": seller.pk, "path": "/api/box-office/sales/", "body": sale_body(show, "A1", "A2"),
        "key": "sale-1",
    }  # fmt: skip
    target, when = POINTS[name]
    job = {
        "database": connection.settings_dict["NAME"], "settings": {}, "at": target, "when": when,
        "call": 1, "do": "post", "arguments": request,
    }  # fmt: skip
    mortal = mortal_process()
    mortal.stdin.write(json.dumps(job) + "\n")
    mortal.stdin.flush()
    assert mortal.stdout.readline().strip() == "-9", "it has not come to that point"
    assert list(broken()) == []
    is_sold = name == "committed, no answer sent"
    counts = [model.objects.count() for model in (Booking, Payment, Tender, IdempotencyKey)]
    assert counts == [is_sold] * 4
    assert Ticket.objects.count() == 2 * is_sold
    answer = act("post", **request)
    assert answer.status_code == 201
    assert len(answer.json()["tickets"]) == 2
    assert (Booking.objects.count(), Tender.objects.count()) == (1, 1)
    assert ShowSeat.objects.filter(show=show, status="booked").count() == 2
    assert list(broken()) == []
