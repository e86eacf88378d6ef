"""Cancelling some tickets of a booking."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from bookings import checkout
from bookings.models import BookedSeat, Booking, LedgerEntry, Message, PromoCode, Refund, Ticket
from bookings.services import lock_booking, refund_part
from bookings.tests.factories import confirmed, hold, statuses
from bookings.tests.soundness import broken
from eventbooking_system.testing.problems import assert_problem
from shows.models import Show, ShowSeat
from shows.tests.factories import scheduled_show, seat_ids
from users.models import User
from users.tests.factories import StaffFactory, UserFactory

pytestmark = pytest.mark.django_db

LABELS = ("A1", "A2", "A3")


def bought(customer: User, *, promo_code: str | None = None, **terms: Any) -> Booking:
    """Return a booking of three seats, paid by card."""
    show = scheduled_show(rows={"A": 5}, **terms)
    seats = seat_ids(show, *LABELS)
    booking = hold(customer=customer, show_id=show.pk, seat_ids=seats, promo_code=promo_code)
    checkout.pay(booking_id=booking.pk, payment_method="pm_card_visa")
    return Booking.objects.get(pk=booking.pk)


def path_of(booking: Booking) -> str:
    return f"/api/bookings/{booking.pk}/cancel/"


def tickets_of(booking: Booking) -> list[int]:
    return list(booking.tickets.in_force().values_list("pk", flat=True))


def move(booking: Booking, start: datetime) -> None:
    end = start + timedelta(hours=2)
    Show.objects.filter(pk=booking.show_id).update(
        start_time=start, end_time=end, occupied_until=end
    )


def counts() -> tuple[int, ...]:
    models = (Refund, LedgerEntry, Message)
    ended = (Ticket.objects.in_force(), BookedSeat.objects.active())
    return (*(model.objects.count() for model in models), *(rows.count() for rows in ended))


@pytest.fixture
def customer(db: None) -> User:
    return UserFactory()


@pytest.fixture
def client(login: Any, customer: User) -> Any:
    return login(customer)


@pytest.mark.sqlite
def test_one_ticket_is_cancelled_and_the_others_stay_valid(client: Any, customer: User) -> None:
    booking = bought(customer, price="250.00")
    first, *others = tickets_of(booking)
    response = client.post(path_of(booking), {"ticket_ids": [first], "reason": "ill"})
    assert response.status_code == 200, response.content
    answer = response.json()
    show = booking.show
    assert (answer["status"], answer["amount_refunded"]) == ("confirmed", "250.00")
    assert answer["seat_ids"] == seat_ids(show, "A2", "A3")
    assert [seat["number"] for seat in answer["seats"]] == ["2", "3"]
    assert tickets_of(booking) == others
    assert statuses(show, seat_ids(show, "A1")) == {"available"}
    entry = LedgerEntry.objects.get(kind="reduced")
    assert (entry.amount, entry.booked_seat.show_seat.seat.number) == (Decimal(-250), "1")
    assert Refund.objects.get().status == "succeeded"
    listed = client.get(f"/api/bookings/{booking.pk}/tickets/").json()
    assert [ticket["id"] for ticket in listed] == others
    assert Message.objects.filter(kind="part_cancelled").count() == 1
    assert not list(broken())
    # Somebody else can buy the seat, and the booking can be cancelled to its end.
    hold(customer=UserFactory(), show_id=show.pk, seat_ids=seat_ids(show, "A1"))
    last = client.post(path_of(booking)).json()
    assert (last["status"], last["amount_refunded"]) == ("cancelled", "750.00")
    assert not list(broken())


@pytest.mark.parametrize(
    ("terms", "whole"),
    [
        (("INR", "99.99", "33.33"), "99.98"),
        (("JPY", "333", "50"), "500"),
        (("KWD", "4.510", "33"), "4.460"),
    ],
)
def test_parts_add_up_to_the_whole(
    client: Any, customer: User, terms: tuple[str, str, str], whole: str
) -> None:
    names = ("currency", "price", "refund_percent")
    terms = dict(zip(names, terms, strict=True))
    booking, other = bought(customer, **terms), bought(customer, **terms)
    assert client.post(path_of(other)).json()["amount_refunded"] == whole
    for ticket in tickets_of(booking):
        dry = client.post(f"{path_of(booking)}?dry_run=true", {"ticket_ids": [ticket]}).json()
        before = Booking.objects.with_amount_refunded().get(pk=booking.pk).amount_refunded
        client.post(path_of(booking), {"ticket_ids": [ticket]})
        after = Booking.objects.with_amount_refunded().get(pk=booking.pk).amount_refunded
        assert Decimal(dry["refund"]) == after - before
        assert Decimal(dry["lines"][0]["refund"]) == after - before
    booking.refresh_from_db()
    assert (booking.status, after) == ("cancelled", Decimal(whole))
    assert not list(broken())


def test_added_tax_comes_back_with_its_line_and_fees_with_the_last_one(
    client: Any, customer: User
) -> None:
    terms = {
        "price": "100.00", "fee_per_booking": Decimal(10), "tax_rate": Decimal(18),
        "tax_inclusive": False,
    }  # fmt: skip
    booking = bought(customer, **terms)
    assert booking.total == Decimal("365.80")
    first, second, third = tickets_of(booking)
    dry = client.post(path_of(booking), {"ticket_ids": [first], "dry_run": True}).json()
    assert (dry["refund"], dry["fees"], dry["lines"][0]["paid"]) == ("118.00", "0.00", "118.00")
    assert counts()[3:] == (3, 3)
    for tickets, refunded in (([first], "118.00"), ([second, third], "365.80")):
        answer = client.post(path_of(booking), {"ticket_ids": tickets}).json()
        assert answer["amount_refunded"] == refunded
    assert not list(broken())


def test_fees_that_are_not_refundable_are_kept(client: Any, customer: User) -> None:
    booking = bought(customer, fee_per_ticket=Decimal(5), fees_refundable=False)
    dry = client.post(f"{path_of(booking)}?dry_run=true").json()
    assert (dry["refund"], dry["fees"]) == ("750.00", "0.00")
    for ticket in tickets_of(booking):
        answer = client.post(path_of(booking), {"ticket_ids": [ticket]}).json()
    assert (answer["status"], answer["amount_refunded"], answer["total"]) == (
        "cancelled", "750.00", "765.00",
    )  # fmt: skip
    assert not list(broken())


def test_the_discount_of_the_rest_is_kept_back_where_it_was_not_earned(
    client: Any, customer: User
) -> None:
    PromoCode.objects.create(
        code="THREE", percent=Decimal(20), currency="INR", min_total=Decimal(600)
    )
    booking = bought(customer, price="250.00", promo_code="THREE")
    assert booking.total == Decimal(600)
    first, second, third = tickets_of(booking)
    dry = client.post(path_of(booking), {"ticket_ids": [first], "dry_run": True}).json()
    assert (dry["discount_kept"], dry["refund"]) == ("100.00", "100.00")
    assert dry["lines"][0] | {"ticket_id": 0, "seat_id": 0} == {
        "ticket_id": 0, "seat_id": 0, "row": "A", "number": "1", "price": "250.00",
        "discount": "50.00", "paid": "200.00", "refund": "100.00",
    }  # fmt: skip
    back = [
        client.post(path_of(booking), {"ticket_ids": [ticket]}).json()["amount_refunded"]
        for ticket in (first, second, third)
    ]
    # The other two cost their full price from then on, and that comes back for them.
    assert back == ["100.00", "350.00", "600.00"]
    assert not list(broken())


def test_the_first_rule_that_still_holds_counts_after_staff_change_the_rules(
    client: Any, customer: User
) -> None:
    rules = [{"hours": "48", "percent": "100"}, {"hours": "2", "percent": "40"}]
    booking = bought(customer, refund_rules=rules, price="100.00")
    Show.objects.filter(pk=booking.show_id).update(refund_rules=None, refund_percent=0)
    first, second, third = tickets_of(booking)
    answers = []
    for hours, ticket in ((50, first), (47, second)):
        start = timezone.now() + timedelta(hours=hours)
        move(booking, start)
        answers.append(client.post(path_of(booking), {"ticket_ids": [ticket]}).json())
    assert [answer["amount_refunded"] for answer in answers] == ["100.00", "140.00"]
    move(booking, timezone.now() + timedelta(hours=1))
    before = counts()
    for query in ("", "?dry_run=true"):
        refused = client.post(f"{path_of(booking)}{query}", {"ticket_ids": [third]})
        assert_problem(refused, 409, "invalid_transition")
    assert counts() == before


def test_tickets_of_other_bookings_are_refused(client: Any, customer: User) -> None:
    booking, other = bought(customer), confirmed("A1")
    first = tickets_of(booking)[0]
    client.post(path_of(booking), {"ticket_ids": [first]})
    before = counts()
    bodies = [[], [first], [first, first], tickets_of(other), ["1"], "1", [10**18], [0]]
    for ticket_ids in bodies:
        for dry_run in ({}, {"dry_run": True}):
            refused = client.post(path_of(booking), {"ticket_ids": ticket_ids, **dry_run})
            assert refused.status_code == 400, (ticket_ids, refused.content)
            assert refused.json()["errors"][0]["field"].startswith("ticket_ids")
    pending = hold(
        customer=customer, show_id=booking.show_id, seat_ids=seat_ids(booking.show, "A5")
    )
    assert client.post(path_of(pending), {"ticket_ids": [first]}).status_code == 400
    assert client.post(path_of(booking), {"tickets": [1]}).status_code == 400
    assert counts() == (*before[:4], before[4] + 1)


def test_a_used_ticket_is_not_cancelled_and_the_others_are(client: Any, customer: User) -> None:
    booking = bought(customer)
    first, second, _ = tickets_of(booking)
    Ticket.objects.filter(pk=first).update(checked_in_at=timezone.now())
    before = counts()
    used = client.post(path_of(booking), {"ticket_ids": [first, second]})
    assert_problem(used, 409, "already_checked_in")
    assert_problem(client.post(path_of(booking)), 409, "invalid_transition")
    assert counts() == before
    assert client.post(path_of(booking), {"ticket_ids": [second]}).status_code == 200
    assert not list(broken())


def test_another_customer_sees_no_booking_to_cancel(login: Any, customer: User) -> None:
    booking = bought(customer)
    stranger = login(UserFactory())
    body = {"ticket_ids": tickets_of(booking)}
    for query in ("", "?dry_run=true"):
        assert stranger.post(f"{path_of(booking)}{query}", body).status_code == 404
    assert len(tickets_of(booking)) == 3


def test_a_repeated_cancellation_with_its_key_is_answered_the_same(
    client: Any, customer: User
) -> None:
    booking = bought(customer)
    body = {"ticket_ids": tickets_of(booking)[:1]}
    answers = [
        client.post(path_of(booking), body, headers={"Idempotency-Key": "part"}) for _ in range(2)
    ]
    assert answers[0].content == answers[1].content
    assert answers[1]["Idempotent-Replayed"] == "true"
    assert Refund.objects.count() == 1


def test_an_earlier_refund_of_an_amount_counts_towards_the_last_ticket(customer: User) -> None:

    booking = bought(customer, price="100.00", refund_percent=Decimal(50))
    with transaction.atomic():
        locked, _ = lock_booking(booking.pk)
        refund_part(locked, Decimal(30), reason="a cold hall")
    for ticket in tickets_of(booking):
        checkout.cancel(booking_id=booking.pk, cancelled_by=customer, ticket_ids=[ticket])
    amounts = list(Refund.objects.order_by("pk").values_list("amount", flat=True))
    assert amounts == [30, 50, 50, 20]
    assert not list(broken())


def test_a_cancelled_show_gives_back_what_is_left(customer: User) -> None:
    booking = bought(customer, price="100.00", refund_percent=Decimal(10))
    first = tickets_of(booking)[0]
    checkout.cancel(booking_id=booking.pk, cancelled_by=customer, ticket_ids=[first])
    checkout.cancel_show(show_id=booking.show_id, cancelled_by=StaffFactory())
    paid_back = Booking.objects.with_amount_refunded().get(pk=booking.pk).amount_refunded
    assert paid_back == 300
    assert not ShowSeat.objects.filter(booking=booking).exists()
    assert not list(broken())
