"""Cancelling and exchanging tickets, and refunding an amount, at the admin site."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from bookings.models import Booking, LedgerEntry, Message, Refund, Ticket
from bookings.tests.factories import confirmed
from bookings.tests.soundness import broken
from shows.tests.factories import scheduled_show
from users.tests.factories import UserFactory, staff_with
from venues.models import Seat, SeatCategory
from venues.tests.factories import hall

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


def test_staff_see_what_stays_paid_before_they_refund_an_amount(
    boss: Any, booking: Booking
) -> None:
    shown = do(boss, booking, "refund-amount", amount="10.00", reason="cold", preview="yes")
    assert cells(shown) == [("Comes back", "10.00 INR"), ("Stays paid", "490.00 INR")]
    over = do(boss, booking, "refund-amount", amount="500.01", reason="cold", preview="yes")
    assert over.context["error"] == "At most 500.00 can be refunded."
    assert not Refund.objects.exists()


def test_staff_give_a_ticket_another_seat_after_a_preview(boss: Any, booking: Booking) -> None:
    first = tickets_of(booking)[0]
    show, before = booking.show, list(Ticket.objects.order_by("pk").values())
    confirmed("A5", show=show)
    assert "Give another seat" in boss.get(f"{BOOKINGS}{booking.pk}/change/").content.decode()
    shown = do(boss, booking, "reseat", ticket=first, seat="B4", preview="yes")
    assert [tuple(map(str, row)) for row in shown.context["rows"]] == [
        ("Seat now", "A1", "250.00 INR"), ("New seat", "B4", "250.00 INR"),
        ("Comes back", "", "0.00 INR"),
    ]  # fmt: skip
    assert list(Ticket.objects.filter(booking=booking).order_by("pk").values()) == before
    assert not Message.objects.filter(kind="reseated").exists()
    for seat in ("Z9", "A1", "A5"):
        refused = do(boss, booking, "reseat", ticket=first, seat=seat, post="yes")
        assert refused.context["form"].errors or refused.context["error"], seat
    done = do(boss, booking, "reseat", ticket=first, seat="B4", post="yes")
    ticket = Ticket.objects.with_show_and_seat().get(pk=first)
    assert texts(done) == [f"The ticket {ticket.code} is for seat B4 now."]
    assert (str(ticket.seat), ticket.version) == ("B4", 2)
    assert not list(broken())


def test_a_cheaper_seat_shows_what_comes_back(boss: Any) -> None:
    screen = hall({"A": 2})
    category = SeatCategory.objects.create(screen=screen, name="Silver")
    Seat.objects.create(screen=screen, category=category, row="B", number="1", x=1, y=1)
    prices = {"Gold": {"": Decimal(250)}, "Silver": {"": Decimal(100)}}
    booking = confirmed("A1", show=scheduled_show(screen=screen, prices=prices))
    [ticket] = tickets_of(booking)
    refused = do(boss, booking, "reseat", ticket=ticket, seat="B1", preview="yes")
    assert "Allow the change of price, or choose another seat." in refused.context["error"]
    shown = do(boss, booking, "reseat", ticket=ticket, seat="B1", reprice="on", preview="yes")
    assert cells(shown)[-1] == ("Comes back", "", "150.00 INR")
    assert not Refund.objects.exists()
    do(boss, booking, "reseat", ticket=ticket, seat="B1", reprice="on", post="yes")
    assert (Refund.objects.get().amount, Refund.objects.get().status) == (150, "succeeded")
    assert not list(broken())


def test_the_actions_need_the_permission_to_change_bookings(client: Any, booking: Booking) -> None:
    client.force_login(staff_with("view_booking"))
    for name in ("cancel-tickets", "exchange", "reseat", "refund-amount"):
        assert do(client, booking, name).status_code == 403
