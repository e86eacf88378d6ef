"""Exchanges of tickets: their price, their terms, and refusals."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from bookings import checkout, services
from bookings.models import Booking, LedgerEntry, Message, Refund, Ticket, WebhookDelivery
from bookings.tests.exchanges.steps import (
    counts,
    for_seats,
    later,
    left_of,
    newest,
    path_of,
    start_at,
    tickets_of,
)
from bookings.tests.factories import confirmed, run_out, statuses
from bookings.tests.soundness import broken
from eventbooking_system.testing.problems import assert_problem
from shows.models import Show
from shows.tests.factories import scheduled_show, seat_ids
from users.models import User
from users.tests.factories import StaffFactory, UserFactory
from venues.refund_rules import stricter
from venues.tests.factories import hall

pytestmark = pytest.mark.django_db


def test_seats_of_the_same_price_are_exchanged_at_once(
    client: Any, booking: Booking, subscription: Any
) -> None:
    show = later(booking)
    response = client.post(path_of(booking), for_seats(show, "A3", "A4"))
    assert response.status_code == 201, response.content
    answer = response.json()
    assert (answer["status"], answer["exchanged_from"]) == ("confirmed", booking.pk)
    assert (answer["credit"], answer["amount_due"], answer["fees"]) == ("500.00", "0.00", "0.00")
    older = client.get(f"/api/bookings/{booking.pk}/").json()
    assert (older["status"], older["amount_refunded"]) == ("cancelled", "0.00")
    assert (tickets_of(booking), len(tickets_of(newest()))) == ([], 2)
    assert statuses(booking.show) == {"available"}
    assert statuses(show, seat_ids(show, "A3", "A4")) == {"booked"}
    assert (left_of(booking), left_of(newest())) == (0, 500)
    assert (
        Message.objects.filter(booking=newest()).values_list("kind", flat=True).get() == "exchanged"
    )
    events = WebhookDelivery.objects.filter(body__contains=f'"booking": {newest().pk}')
    assert set(events.values_list("event", flat=True)) == {"booking.confirmed", "booking.exchanged"}
    replaced = newest().booked_seats.values_list("replaces__booking", flat=True)
    assert list(replaced) == [booking.pk] * 2
    assert not list(broken())


@pytest.mark.sqlite
def test_dearer_seats_are_exchanged_when_they_are_paid(client: Any, booking: Booking) -> None:
    show = later(booking, price="300.00", exchange_fee=Decimal(0))
    Show.objects.filter(pk=booking.show_id).update(exchange_fee=Decimal(15))
    first = tickets_of(booking)[0]
    body = for_seats(show, "A1", ticket_ids=[first])
    quoted = client.post(f"{path_of(booking)}?dry_run=true", body)
    assert quoted.status_code == 200, quoted.content
    dry = quoted.json()
    answer = client.post(path_of(booking), body).json()
    for said in (dry, answer):
        assert (said["credit"], said["fees"], said["total"], said["amount_due"]) == (
            "250.00", "15.00", "315.00", "65.00",
        )  # fmt: skip
    assert answer["status"] == "pending"
    assert len(tickets_of(booking)) == 2
    assert not list(broken())
    payment = client.post(f"/api/bookings/{answer['id']}/payments/", {})
    assert (payment.status_code, payment.json()["amount"]) == (201, "65.00")
    exchanged = newest()
    assert (exchanged.status, exchanged.amount_due) == ("confirmed", 0)
    assert first not in tickets_of(booking) and len(tickets_of(booking)) == 1
    assert (left_of(booking), left_of(exchanged)) == (250, 315)
    assert client.get(f"/api/bookings/{booking.pk}/").json()["seat_ids"] == seat_ids(
        booking.show, "A2"
    )
    assert not list(broken())
    # All of it comes back by both payments.
    checkout.cancel(booking_id=exchanged.pk, cancelled_by=booking.user, in_full=True)
    amounts = Refund.objects.filter(booking=exchanged).values_list("payment__booking", "amount")
    assert sorted(amounts) == [(booking.pk, 250), (exchanged.pk, 65)]
    assert client.get(f"/api/bookings/{exchanged.pk}/").json()["amount_refunded"] == "315.00"
    assert client.get(f"/api/bookings/{booking.pk}/").json()["amount_refunded"] == "0.00"
    assert not list(broken())


@pytest.mark.sqlite
def test_an_exchange_that_expires_has_changed_nothing(client: Any, booking: Booking) -> None:
    show = later(booking, price="300.00")
    answer = client.post(path_of(booking), for_seats(show, "A1", "A2")).json()
    run_out(newest())
    services.expire_bookings()
    assert client.get(f"/api/bookings/{answer['id']}/").json()["status"] == "expired"
    assert len(tickets_of(booking)) == 2
    assert statuses(show) == {"available"}
    assert left_of(booking) == 500
    assert not list(broken())
    again = client.post(path_of(booking), for_seats(show, "A1", "A2"))
    assert again.status_code == 201


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("downgrade", "percent", "refunded"),
    [("refund", 100, "200.00"), ("refund", 40, "80.00"), ("forfeit", 100, "0.00")],
)
def test_the_difference_of_cheaper_seats_goes_back_by_the_rules(
    client: Any, customer: User, downgrade: str, percent: int, refunded: str
) -> None:
    terms = {"downgrade": downgrade, "refund_percent": Decimal(percent), "price": "250.00"}
    booking = confirmed("A1", "A2", customer=customer, **terms)
    show = later(booking, price="150.00")
    body = for_seats(show, "A1", "A2")
    dry = client.post(path_of(booking), {**body, "dry_run": True}).json()
    answer = client.post(path_of(booking), body).json()
    assert (answer["status"], answer["credit"], answer["amount_due"]) == (
        "confirmed", "300.00", "0.00",
    )  # fmt: skip
    older = client.get(f"/api/bookings/{booking.pk}/").json()
    assert (older["status"], older["amount_refunded"], dry["refund"]) == (
        "cancelled", refunded, refunded,
    )  # fmt: skip
    assert not Refund.objects.exclude(status="succeeded").exists()
    assert left_of(booking) == 200 - Decimal(refunded)
    assert not list(broken())


def test_fees_come_along_with_the_last_ticket_and_are_not_charged_again(
    client: Any, customer: User
) -> None:
    terms = {
        "fee_per_booking": Decimal(10), "fee_per_ticket": Decimal(5), "price": "100.00",
        "tax_rate": Decimal(18), "tax_inclusive": False,
    }  # fmt: skip
    booking = confirmed("A1", "A2", customer=customer, **terms)
    show = later(booking, **terms)
    first, second = tickets_of(booking)
    one = client.post(path_of(booking), for_seats(show, "A1", ticket_ids=[first])).json()
    assert (one["fees"], one["credit"], one["amount_due"]) == ("0.00", "118.00", "0.00")
    other = client.post(path_of(booking), for_seats(show, "A2", ticket_ids=[second])).json()
    assert (other["fees"], other["credit"], other["amount_due"]) == ("20.00", "141.60", "0.00")
    assert not list(broken())
    checkout.cancel_show(show_id=show.pk, cancelled_by=StaffFactory())
    refunds = Refund.objects.values_list("amount", flat=True)
    assert sum(refunds) == booking.total == Decimal("259.60")
    assert not list(broken())


def test_an_exchange_never_revives_a_right_to_a_refund(client: Any, customer: User) -> None:
    rules = [{"hours": "48", "percent": "100"}, {"hours": "2", "percent": "50"}]
    booking = confirmed("A1", customer=customer, price="250.00", refund_rules=rules)
    start_at(booking.show, timezone.now() + timedelta(hours=1))
    booking.refresh_from_db()
    show = later(booking, days=30)
    Booking.objects.update(exchange_until=timezone.now() + timedelta(minutes=30))
    answer = client.post(path_of(booking), for_seats(show, "A1")).json()
    assert answer["status"] == "confirmed"
    refused = client.post(f"/api/bookings/{answer['id']}/cancel/", {})
    assert_problem(refused, 409, "invalid_transition")
    cheaper = later(booking, days=40, price="1.00")
    third = client.post(path_of(newest()), for_seats(cheaper, "A1")).json()
    assert (third["status"], third["credit"]) == ("confirmed", "1.00")
    assert not Refund.objects.exists()
    assert not list(broken())


def test_the_stricter_rules_of_two_shows_are_those_that_give_less_at_each_moment() -> None:
    start = timezone.now()
    first = [{"hours": "24", "percent": "100"}, {"hours": "2", "percent": "50"}]
    second = [{"hours": "6", "percent": "80"}]
    assert stricter(first, start, second, start) == [
        {"hours": "24", "percent": "80"}, {"hours": "6", "percent": "50"},
    ]  # fmt: skip
    assert stricter(first, start, second, start + timedelta(days=1)) == [
        {"hours": "48", "percent": "80"}, {"hours": "26", "percent": "50"},
    ]  # fmt: skip
    assert stricter(first, start, second, start - timedelta(days=1)) == second
    assert stricter([], start, second, start) == []


@pytest.mark.parametrize(
    ("reason", "terms"),
    [("scope", {"event": None}), ("price", {"currency": "EUR"})],
)
def test_shows_that_tickets_are_not_exchanged_for_are_refused(
    client: Any, booking: Booking, reason: str, terms: dict[str, Any]
) -> None:
    if "event" in terms:
        terms = {}
        show = scheduled_show(screen=hall(venue=booking.show.screen.venue), price="250.00")
    else:
        show = later(booking, **terms)
    before = counts()
    for more in ({}, {"dry_run": True}):
        refused = client.post(path_of(booking), for_seats(show, "A1", "A2", **more))
        assert assert_problem(refused, 409, "exchange_not_allowed")["reason"] == reason
    assert counts() == before
    assert statuses(show) == {"available"}


@pytest.mark.parametrize(
    ("scope", "same_venue", "status"),
    [("venue", True, 201), ("venue", False, 409), ("any", False, 201), ("event", True, 409)],
)
def test_the_scope_says_for_which_shows_tickets_are_exchanged(
    client: Any, customer: User, scope: str, same_venue: bool, status: int
) -> None:
    booking = confirmed("A1", customer=customer, price="250.00", exchange_scope=scope)
    screen = hall(venue=booking.show.screen.venue) if same_venue else hall()
    show = scheduled_show(screen=screen, price="250.00")
    response = client.post(path_of(booking), for_seats(show, "A1"))
    assert response.status_code == status, response.content
    assert not list(broken())


def test_tickets_are_exchanged_until_the_cutoff_that_was_frozen(
    client: Any, booking: Booking
) -> None:
    show = later(booking)
    start_at(booking.show, timezone.now() + timedelta(minutes=29))
    Show.objects.filter(pk=booking.show_id).update(exchange_cutoff_minutes=0)
    past = timezone.now() - timedelta(minutes=1)
    Booking.objects.filter(pk=booking.pk).update(exchange_until=past)
    before = counts()
    refused = client.post(path_of(booking), for_seats(show, "A1", "A2"))
    assert assert_problem(refused, 409, "exchange_not_allowed")["reason"] == "cutoff"
    assert counts() == before


def test_a_used_ticket_and_one_that_is_being_exchanged_are_refused(
    client: Any, booking: Booking
) -> None:
    show = later(booking, price="300.00")
    first, second = tickets_of(booking)
    Ticket.objects.filter(pk=first).update(checked_in_at=timezone.now())
    before = counts()
    used = client.post(path_of(booking), for_seats(show, "A1", "A2"))
    assert assert_problem(used, 409, "exchange_not_allowed")["reason"] == "used"
    assert counts() == before
    assert (
        client.post(path_of(booking), for_seats(show, "A1", ticket_ids=[second])).status_code == 201
    )
    before = counts()
    twice = client.post(path_of(booking), for_seats(show, "A3", ticket_ids=[second]))
    assert assert_problem(twice, 409, "exchange_not_allowed")["reason"] == "limit"
    assert counts() == before
    assert not list(broken())


def test_tickets_are_exchanged_a_limited_number_of_times(client: Any, customer: User) -> None:
    booking = confirmed("A1", customer=customer, price="250.00")
    shows = [booking.show, later(booking)]
    for times in range(5):
        answer = client.post(path_of(newest()), for_seats(shows[(times + 1) % 2], "A1"))
        assert answer.status_code == 201, answer.content
        assert answer.json()["status"] == "confirmed"
    before = counts()
    refused = client.post(path_of(newest()), for_seats(shows[0], "A1"))
    assert assert_problem(refused, 409, "exchange_not_allowed")["reason"] == "limit"
    assert counts() == before
    assert LedgerEntry.objects.filter(kind="captured").count() == 1
    checkout.cancel(booking_id=newest().pk, cancelled_by=customer)
    assert Refund.objects.get().amount == 250
    assert not list(broken())


def test_bodies_that_make_no_sense_are_refused(client: Any, booking: Booking) -> None:
    show = later(booking)
    first = tickets_of(booking)[0]
    right = for_seats(show, "A1", "A2")
    bodies = {
        "seat_ids": for_seats(show, "A1"),
        "quantity": {"show_id": show.pk, "quantity": 3},
        "show_id": {"seat_ids": right["seat_ids"]},
        "ticket_ids": {**right, "ticket_ids": [first, first]},
        "promo_code": {**right, "promo_code": "X"},
        "dry_run": {**right, "dry_run": "yes"},
    }
    before = counts()
    for field, body in bodies.items():
        refused = client.post(path_of(booking), body)
        assert refused.status_code == 400, (field, refused.content)
        assert refused.json()["errors"][0]["field"].startswith(field)
    assert client.post(f"{path_of(booking)}?all=x", right).status_code == 400
    assert counts() == before


def test_only_the_customers_own_confirmed_booking_is_exchanged(
    client: Any, login: Any, booking: Booking, customer: User
) -> None:
    show = later(booking)
    body = for_seats(show, "A1", "A2")
    assert login(UserFactory()).post(path_of(booking), body).status_code == 404
    checkout.cancel(booking_id=booking.pk, cancelled_by=customer)
    before = counts()
    assert_problem(client.post(path_of(booking), body), 409, "invalid_transition")
    assert counts() == before


def test_a_repeated_exchange_with_its_key_is_answered_the_same(
    client: Any, booking: Booking
) -> None:
    for price in ("300.00", "250.00"):
        show = later(booking, days=1 if price == "300.00" else 2, price=price)
        ticket = tickets_of(booking)[0 if price == "300.00" else 1]
        body = for_seats(show, "A1", ticket_ids=[ticket])
        headers = {"Idempotency-Key": price}
        answers = [client.post(path_of(booking), body, headers=headers) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 201]
        assert answers[0].content == answers[1].content
        assert answers[1]["Idempotent-Replayed"] == "true"
    assert Booking.objects.count() == 3
