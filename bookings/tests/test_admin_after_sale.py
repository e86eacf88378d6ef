"""Cancelling and exchanging tickets, and refunding an amount, at the admin site."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from bookings.invariants import broken
from bookings.models import Booking, LedgerEntry, Refund, Ticket
from bookings.tests.factories import confirmed
from shows.tests.factories import scheduled_show
from users.tests.factories import UserFactory, staff_with

pytestmark = pytest.mark.django_db
BOOKINGS = "/admin/bookings/booking/"


@pytest.fixture
def booking() -> Booking:
    return confirmed("A1", "A2", customer=UserFactory(), price="250.00", refund_percent=Decimal(50))


def tickets_of(booking: Booking) -> list[int]:
    return list(Ticket.objects.in_force().filter(booking=booking).values_list("pk", flat=True))


def do(client: Any, booking: Booking, name: str, **body: Any) -> Any:
    path = f"{BOOKINGS}{booking.pk}/do/{name}/"
    return client.post(path, body, follow=True) if body else client.get(path)


def cells(response: Any) -> list[tuple[str, ...]]:
    return [tuple(row) for row in response.context["rows"]]


def texts(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def test_staff_cancel_one_ticket_after_a_preview(boss: Any, booking: Booking) -> None:
    first = tickets_of(booking)[0]
    page = do(boss, booking, "cancel-tickets")
    assert "A1" in page.content.decode()
    shown = do(boss, booking, "cancel-tickets", tickets=[first], preview="yes")
    assert cells(shown) == [
        ("A1", "250.00 INR", "0.00 INR", "250.00 INR", "125.00 INR"),
        ("In all", "", "", "", "125.00 INR"),
    ]
    assert not Refund.objects.exists()
    full = do(boss, booking, "cancel-tickets", tickets=[first], in_full="on", preview="yes")
    assert cells(full)[-1][-1] == "250.00 INR"
    done = do(boss, booking, "cancel-tickets", tickets=[first], reason="ill", post="yes")
    assert texts(done) == ["1 tickets are cancelled."]
    assert (Refund.objects.get().amount, len(tickets_of(booking))) == (125, 1)
    assert not list(broken())


def test_staff_see_why_tickets_are_not_cancelled(boss: Any, booking: Booking) -> None:
    first = tickets_of(booking)[0]
    Ticket.objects.filter(pk=first).update(checked_in_at=timezone.now())
    refused = do(boss, booking, "cancel-tickets", tickets=[first], post="yes")
    assert refused.context["error"] == "Somebody came in with this ticket."
    nothing = do(boss, booking, "cancel-tickets", tickets=[10**9], post="yes")
    assert nothing.context["form"].errors
    assert (Refund.objects.count(), len(tickets_of(booking))) == (0, 2)


def test_staff_exchange_tickets_after_a_preview(boss: Any, booking: Booking) -> None:
    older = booking.show
    start = older.start_time + timedelta(days=1)
    show = scheduled_show(event=older.event, screen=older.screen, start_time=start, price="300.00")
    another = scheduled_show(price="300.00")
    page = do(boss, booking, "exchange")
    choices = [pk for pk, _ in page.context["form"].fields["show"].choices]
    assert choices == [older.pk, show.pk] and another.pk not in choices
    body = {"tickets": tickets_of(booking), "show": show.pk, "seats": "B1, B2"}
    shown = do(boss, booking, "exchange", **body, preview="yes")
    assert cells(shown) == [
        ("B1", "300.00 INR"), ("B2", "300.00 INR"), ("Total", "600.00 INR"),
        ("Paid by the older tickets", "-500.00 INR"), ("Due", "100.00 INR"),
    ]  # fmt: skip
    assert Booking.objects.count() == 1
    done = do(boss, booking, "exchange", **body, post="yes")
    exchanged = Booking.objects.latest("pk")
    assert texts(done) == [f"Exchanged for booking {exchanged.reference}: 100.00 INR is due."]
    assert (exchanged.user, exchanged.status) == (booking.user, "pending")
    wrong = do(boss, booking, "exchange", **{**body, "seats": "Z9"}, post="yes")
    assert "no seat Z9" in str(wrong.context["form"].errors)
    again = do(boss, booking, "exchange", **{**body, "seats": ""}, post="yes")
    assert again.context["error"] == "An exchange of these tickets is under way."
    assert not list(broken())


def test_staff_refund_an_amount_with_a_reason(boss: Any, booking: Booking) -> None:
    assert "500.00 INR" in do(boss, booking, "refund-amount").content.decode()
    for amount in ("0", "500.01", "1.005", "x"):
        refused = do(boss, booking, "refund-amount", amount=amount, reason="cold", post="yes")
        assert refused.context["form"].errors or refused.context["error"]
    assert do(boss, booking, "refund-amount", amount="10.00", post="yes").context["form"].errors
    assert not Refund.objects.exists()
    done = do(boss, booking, "refund-amount", amount="10.00", reason="a cold hall", post="yes")
    assert texts(done) == ["10.00 INR go back to the customer."]
    refund = Refund.objects.get()
    assert (refund.amount, refund.reason, refund.status) == (10, "a cold hall", "succeeded")
    assert LedgerEntry.objects.get(kind="reduced").booked_seat is None
    assert len(tickets_of(booking)) == 2
    assert not list(broken())


def test_the_actions_need_the_permission_to_change_bookings(client: Any, booking: Booking) -> None:
    client.force_login(staff_with("view_booking"))
    for name in ("cancel-tickets", "exchange", "refund-amount"):
        assert do(client, booking, name).status_code == 403
