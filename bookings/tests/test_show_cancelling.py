"""Cancelling a show: off sale first, then bookings in batches. Customers are told the reason."""

from decimal import Decimal

import pytest
from django.core import mail
from django.core.management import call_command

from bookings import checkout, services
from bookings.errors import InvalidTransition, ShowNotOnSale, TicketNotValid
from bookings.models import Booking, Message, Refund
from bookings.sandbox_bank import complete_sandbox_payment
from bookings.services import show_cancelling
from bookings.services.show_cancelling import in_one_line
from bookings.tasks import JOBS
from bookings.tests.factories import confirmed, held, hold, show_soon, statuses
from bookings.tests.soundness import broken
from eventbooking_system.testing.problems import assert_problem
from shows.models import Show
from shows.tests.factories import scheduled_show, seat_ids
from users.tests.factories import StaffFactory, UserFactory

pytestmark = pytest.mark.django_db


def bookings_by_status(show: Show) -> list[str]:
    return sorted(show.bookings.values_list("status", flat=True))


@pytest.fixture
def sold(monkeypatch) -> Show:
    """
    Return a show with five paid bookings and a pending one.

    They are cancelled in batches of two.
    """
    monkeypatch.setattr(show_cancelling, "BOOKINGS_AT_ONCE", 2)
    monkeypatch.setattr(show_cancelling, "SEATS_AT_ONCE", 3)
    show = scheduled_show(refund_percent=50)
    for number in range(1, 6):
        confirmed(f"A{number}", show=show)
    held("B1", show=show)
    return show


@pytest.fixture
def cut_off(sold, monkeypatch) -> Show:
    """Cut off the cancellation of the show in its second batch."""
    tell, calls = show_cancelling.queue_cancelled_bookings, []

    def die(*arguments: object, **given: object) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("cut off")
        tell(*arguments, **given)

    with monkeypatch.context() as patch:
        patch.setattr(show_cancelling, "queue_cancelled_bookings", die)
        with pytest.raises(RuntimeError, match="cut off"):
            checkout.cancel_show(show_id=sold.pk, cancelled_by=StaffFactory(), reason="Flood")
    return sold


def assert_cancelled(show: Show) -> None:
    assert bookings_by_status(show) == ["cancelled"] * 6
    assert statuses(show) == {"blocked"}
    assert sum(Refund.objects.values_list("amount", flat=True)) == Decimal("1250.00")
    assert Message.objects.filter(kind="show_cancelled").count() == 6
    assert not show.bookings.filter(tickets__voided_at=None, tickets__isnull=False).exists()
    assert [*broken()] == []


@pytest.mark.sqlite
def test_a_show_is_cancelled_in_batches(sold) -> None:
    done = checkout.cancel_show(show_id=sold.pk, cancelled_by=StaffFactory())
    assert (done.pending_bookings, done.confirmed_bookings, done.refund_total) == (1, 5, 1250)
    assert_cancelled(sold)


def test_a_cancellation_that_was_cut_off_has_the_show_off_sale(cut_off) -> None:
    assert bookings_by_status(cut_off) == ["cancelled"] * 2 + ["confirmed"] * 3 + ["pending"]
    assert [*broken()] == []
    with pytest.raises(ShowNotOnSale):
        hold(customer=UserFactory(), show_id=cut_off.pk, seat_ids=seat_ids(cut_off, "B5"))
    would = checkout.preview_show_cancellation(show_id=cut_off.pk)
    assert (would.pending_bookings, would.confirmed_bookings, would.refund_total) == (1, 3, 750)


@pytest.mark.sqlite
def test_a_cancellation_that_was_cut_off_is_continued_when_it_is_repeated(cut_off) -> None:
    for _ in range(2):
        checkout.cancel_show(show_id=cut_off.pk, cancelled_by=StaffFactory(), reason="Other")
    checkout.send_refunds()
    assert_cancelled(cut_off)
    cut_off.refresh_from_db()
    assert cut_off.cancel_reason == "Flood"


def test_a_cancellation_that_was_cut_off_is_continued_by_a_job(cut_off) -> None:
    JOBS["finish_show_cancellations"].run(None)
    checkout.send_refunds()
    assert_cancelled(cut_off)
    assert services.unfinished_show_cancellations() == []


def test_whoever_cancels_a_booking_of_a_cancelled_show_gets_all_of_it_back(cut_off) -> None:
    booking = cut_off.bookings.filter(status="confirmed").first()
    checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
    assert booking.refunds.get().amount == booking.total == 250


def test_nobody_pays_for_a_booking_of_a_cancelled_show(cut_off) -> None:
    booking = cut_off.bookings.get(status="pending")
    with pytest.raises(InvalidTransition, match="cancelled"):
        checkout.pay(booking_id=booking.pk)
    assert not booking.payments.exists()


def test_a_payment_that_arrives_after_its_show_was_cancelled_goes_back(sold) -> None:
    booking = sold.bookings.get(status="pending")
    payment = checkout.pay(booking_id=booking.pk, payment_method="pm_card_late")
    Show.objects.filter(pk=sold.pk).update(status="cancelled", cancelled_at=booking.booked_at)
    payment = complete_sandbox_payment(client_secret=payment.client_secret)
    booking.refresh_from_db()
    assert (booking.status, payment.amount_refunded) == ("expired", payment.amount)


def test_no_ticket_of_a_cancelled_show_opens_the_door() -> None:
    booking = confirmed("A1", show=show_soon())
    Show.objects.update(status="cancelled", cancelled_at=booking.booked_at)
    shown = services.Shown(booking.tickets.get().code)
    with pytest.raises(TicketNotValid) as refusal:
        services.check_in(shown=shown, by=StaffFactory())
    assert refusal.value.members["reason"] == "cancelled"


# ---- The reason


@pytest.mark.sqlite
def test_the_reason_is_stored_and_mailed(login) -> None:
    booking = confirmed()
    Message.objects.all().delete()
    body = {"reason": " Flood in\r\nthe <b>cellar</b> & more\t"}
    url = f"/api/shows/{booking.show_id}/cancel/"
    assert login(StaffFactory()).post(url, body).status_code == 200
    said = "Flood in the <b>cellar</b> & more"
    booking.show.refresh_from_db()
    assert booking.show.cancel_reason == said
    call_command("worker", once=True, queue=["messages"])
    [message] = mail.outbox
    html, _ = message.alternatives[0]
    assert f"The reason: {said}\n" in message.body
    assert "Flood in the &lt;b&gt;cellar&lt;/b&gt; &amp; more" in html and "<b>" not in html


def test_without_a_reason_the_mail_gives_none() -> None:
    booking = confirmed()
    checkout.cancel_show(show_id=booking.show_id, cancelled_by=StaffFactory())
    call_command("worker", once=True, queue=["messages"])
    assert "reason" not in mail.outbox[0].body


def test_a_reason_that_is_too_long_cancels_nothing(login) -> None:
    booking = confirmed()
    url = f"/api/shows/{booking.show_id}/cancel/"
    answer = login(StaffFactory()).post(url, {"reason": "x" * 501})
    assert_problem(answer, 400, "invalid", "reason")
    assert Booking.objects.get().status == "confirmed"


def test_a_reason_keeps_the_joiners_of_its_script() -> None:
    assert in_one_line("क्\u200dष \x07 a\u2028b") == "क्\u200dष a b"


def test_a_message_keeps_what_goes_back_for_this_cancellation() -> None:
    booking = confirmed("A1")
    checkout.cancel_show(show_id=booking.show_id, cancelled_by=StaffFactory())
    assert Message.objects.get(kind="show_cancelled").facts == {"refund": "250.00"}
