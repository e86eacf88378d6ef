"""Messages to customers, when they are queued or dropped, and their texts."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.core.management import call_command
from django.utils import timezone

from bookings import checkout, services
from bookings.errors import InvalidTransition, PaymentDeclined
from bookings.models import Booking, Message
from bookings.sandbox_bank import complete_sandbox_payment
from bookings.tests.factories import confirmed, held, run_out
from eventbooking_system.sms import PROVIDERS
from shows.models import Show
from shows.services import change_show
from shows.tests.factories import scheduled_show
from users.tests.factories import PASSWORD, StaffFactory, UserFactory
from venues.models import Venue

pytestmark = pytest.mark.django_db


def queued(*fields: str) -> list:
    messages = Message.objects.filter(state="queued").order_by("pk")
    return list(messages.values_list(*fields, flat=len(fields) == 1))


def work() -> None:
    """Send the messages that are due."""
    call_command("worker", once=True, queue=["messages"])


def forget() -> None:
    Message.objects.all().delete()


def test_a_confirmation_is_queued_once_in_the_transaction_of_the_payment() -> None:
    booking = held()
    assert queued("kind") == []
    checkout.pay(booking_id=booking.pk)
    assert queued("kind", "channel", "booking") == [("confirmed", "email", booking.pk)]
    work()
    work()
    assert len(mail.outbox) == 1
    assert Message.objects.get().state == "sent"


def test_the_confirmation_has_all_facts_in_text_and_html() -> None:
    show = scheduled_show()
    Venue.objects.update(name="Regal & Sons", timezone="Asia/Kolkata")
    show.event.title = "Line\none <b>"
    show.event.save()
    booking = confirmed("A1", "A2", show=show)
    work()
    message = mail.outbox[0]
    html, kind = message.alternatives[0]
    assert (message.to, kind) == ([booking.user.email], "text/html")
    assert message.subject == "Booking confirmed: Line one <b>"
    for text in (booking.reference, "A1, A2", "IST (Asia/Kolkata)", "500.00 INR", "Hello Asha,"):
        assert text in message.body and text in html
    assert "Regal & Sons" in message.body and "Regal &amp; Sons" in html
    assert "one &lt;b&gt;" in html
    files = {name: (content, kind) for name, content, kind in message.attachments}
    assert files.keys() == {"tickets.pdf", "show.ics"}
    assert files["tickets.pdf"][0].startswith(b"%PDF") and "attached" in message.body
    identity = Message.objects.get().pk
    assert message.extra_headers["Message-ID"] == f"<booking-message-{identity}@localhost>"


@pytest.mark.parametrize(
    ("language", "subject", "greeting"),
    [
        ("es", "Reserva confirmada: ", "Hola, Asha:"),
        ("hi", "बुकिंग पक्की हुई: ", "नमस्ते Asha,"),
    ],
)
def test_the_mail_is_in_the_customers_language(language: str, subject: str, greeting: str) -> None:
    booking = confirmed(customer=UserFactory(language=language))
    work()
    assert mail.outbox[0].subject == subject + booking.show.event.title
    assert (
        greeting in mail.outbox[0].body
        and f'lang="{language}"' in mail.outbox[0].alternatives[0][0]
    )


def test_an_amount_has_the_digits_of_its_currency() -> None:
    booking = confirmed(show=scheduled_show(currency="JPY"))
    services.cancel_booking(booking_id=booking.pk, cancelled_by=booking.user)
    work()
    assert "We are sending back 500 JPY." in mail.outbox[0].body


@pytest.mark.parametrize("consent", [True, False])
def test_text_messages_go_only_to_customers_who_agreed(consent: bool, monkeypatch) -> None:
    texts = []
    monkeypatch.setitem(PROVIDERS, "console", lambda text, to: texts.append((to, text)))
    user = UserFactory(phone="+919876543210", verified_phone="+919876543210", sms_consent=consent)
    booking = confirmed(customer=user)
    work()
    assert [to for to, _ in texts] == ["+919876543210"] * consent
    assert all(booking.reference in text and "A1, A2" in text for _, text in texts)


def test_withdrawn_consent_drops_text_messages_that_wait() -> None:
    user = UserFactory(phone="+919876543210", verified_phone="+919876543210", sms_consent=True)
    confirmed(customer=user)
    user.sms_consent = False
    user.save()
    work()
    states = dict(Message.objects.values_list("channel", "state"))
    assert states == {"email": "sent", "sms": "dropped"}


def test_no_message_goes_to_an_erased_account(login) -> None:
    booking = confirmed()
    assert login(booking.user).delete("/api/users/me/", {"password": PASSWORD}).status_code == 204
    work()
    assert mail.outbox == []
    assert Message.objects.get().last_error == "the account is erased"


def test_several_failed_payments_of_a_booking_queue_one_message() -> None:
    booking = held()
    for _ in range(2):
        with pytest.raises(PaymentDeclined):
            checkout.pay(booking_id=booking.pk, payment_method="pm_card_declined")
    assert queued("kind") == ["payment_failed"]
    work()
    assert "Your seats are held until" in mail.outbox[0].body


def test_the_message_of_a_failed_payment_is_dropped_after_a_successful_one() -> None:
    booking = held()
    with pytest.raises(PaymentDeclined):
        checkout.pay(booking_id=booking.pk, payment_method="pm_card_declined")
    checkout.pay(booking_id=booking.pk)
    work()
    assert [message.subject.partition(":")[0] for message in mail.outbox] == ["Booking confirmed"]


def test_a_refund_of_a_late_payment_is_mailed_with_its_amount() -> None:
    booking = held()
    payment = checkout.pay(booking_id=booking.pk, payment_method="pm_card_late")
    run_out(booking)
    held(show=booking.show)
    complete_sandbox_payment(client_secret=payment.client_secret)
    assert queued("kind", "booking") == [("payment_returned", booking.pk)]
    work()
    assert "We are sending back 500.00 INR." in mail.outbox[0].body
    assert "the seats had gone" in mail.outbox[0].body


def test_a_cancelled_booking_is_mailed_with_its_refund() -> None:
    booking = confirmed(show=scheduled_show(refund_percent=50))
    forget()
    services.cancel_booking(booking_id=booking.pk, cancelled_by=booking.user)
    work()
    assert "We are sending back 250.00 INR." in mail.outbox[0].body


def test_a_refused_cancellation_queues_no_message() -> None:
    booking = confirmed(show=scheduled_show(refund_cutoff_hours=48))
    forget()
    with pytest.raises(InvalidTransition):
        services.cancel_booking(booking_id=booking.pk, cancelled_by=booking.user)
    assert queued("kind") == []


def test_a_cancelled_show_is_mailed_once_to_each_booking(
    django_assert_max_num_queries,
) -> None:
    show = scheduled_show()
    paid, pending = confirmed("A1", show=show), held("A2", show=show)
    forget()
    for _ in range(2):
        checkout.cancel_show(show_id=show.pk, cancelled_by=StaffFactory())
    assert set(queued("kind", "booking")) == {
        ("show_cancelled", paid.pk),
        ("show_cancelled", pending.pk),
    }
    work()
    bodies = {message.to[0]: message.body for message in mail.outbox}
    assert "We are sending back 250.00 INR." in bodies[paid.user.email]
    assert "sending back" not in bodies[pending.user.email]


# ---- Reminders


@pytest.mark.parametrize(
    ("night", "offset"),
    [(datetime(2027, 3, 28), "BST"), (datetime(2027, 10, 31), "GMT")],
    ids=["clocks put forward", "clocks put back"],
)
def test_reminders_go_out_at_the_right_hour_across_a_clock_change(
    night: datetime, offset: str
) -> None:
    """The clocks change in the night before the show. The show is at eight in the evening."""
    with time_machine.travel(datetime(2027, 2, 1, tzinfo=UTC), tick=False):
        show = scheduled_show(start_time=timezone.now() + timedelta(days=1))
        Venue.objects.update(timezone="Europe/London")
        booking = confirmed(show=show)
    forget()
    Booking.objects.update(booked_at=datetime(2027, 2, 1, tzinfo=UTC))
    booking.transitions.update(at=datetime(2027, 2, 1, tzinfo=UTC))
    changed = change_show(show_id=show.pk, start_time=night.replace(hour=20))
    # Reminders count hours in UTC. By the local clock, 24 hours would be 23 or 25.
    start = changed.start_time.astimezone(UTC)
    for ahead, kind in ((24, "reminder_24h"), (2, "reminder_2h")):
        moment = start - timedelta(hours=ahead)
        services.write_reminders(now=moment - timedelta(seconds=1))
        assert queued("kind") == []
        services.write_reminders(now=moment)
        services.write_reminders(now=moment)
        assert queued("kind") == [kind]
        Message.objects.update(state="sent")
    message = Message.objects.order_by("pk").last()
    message.state, message.due_at = "queued", timezone.now()
    message.save()
    with time_machine.travel(start - timedelta(hours=2), tick=False):
        work()
    assert f"20:00 {offset} (Europe/London)" in mail.outbox[0].body


def test_late_booking_gets_the_remaining_reminders() -> None:
    show = scheduled_show(start_time=timezone.now() + timedelta(hours=20))
    confirmed(show=show)
    forget()
    services.write_reminders(now=timezone.now())
    assert queued("kind") == []
    services.write_reminders(now=show.start_time - timedelta(hours=1))
    assert queued("kind") == ["reminder_2h"]


def test_cancelled_booking_gets_no_reminder() -> None:
    show = scheduled_show()
    booking = confirmed(show=show)
    booking.transitions.update(at=timezone.now() - timedelta(days=9))
    services.write_reminders(now=timezone.now())
    assert "reminder_24h" in queued("kind")
    checkout.cancel_show(show_id=show.pk, cancelled_by=StaffFactory())
    work()
    reminder = Message.objects.get(kind="reminder_24h")
    assert (reminder.state, reminder.last_error) == (
        "dropped",
        "the booking or the show is cancelled",
    )


# ---- Changed shows


def test_a_new_start_is_mailed_to_bookings_made_before_the_change() -> None:
    show = scheduled_show()
    before = confirmed("A1", show=show)
    change_show(show_id=show.pk, start_time=show.start_time + timedelta(hours=3))
    confirmed("A2", show=show)
    forget()
    for _ in range(2):
        services.write_show_changes(since=None, now=timezone.now())
    assert queued("kind", "booking") == [("show_changed", before.pk)]
    work()
    assert "now begins at" in mail.outbox[0].body


def test_only_the_last_of_two_changes_is_sent() -> None:
    show = scheduled_show()
    confirmed(show=show)
    forget()
    for hours in (3, 5):
        change_show(show_id=show.pk, start_time=show.start_time + timedelta(hours=hours))
    services.write_show_changes(since=None, now=timezone.now())
    assert queued("kind") == ["show_changed"]


def test_a_deleted_show_does_not_stop_the_mails_of_other_changed_shows() -> None:
    unsold, show = scheduled_show(), scheduled_show()
    confirmed(show=show)
    forget()
    for changed in (unsold, show):
        change_show(show_id=changed.pk, start_time=changed.start_time + timedelta(hours=3))
    unsold.delete()
    services.write_show_changes(since=None, now=timezone.now())
    assert queued("kind") == ["show_changed"]


def test_a_show_that_keeps_its_time_and_place_is_not_mailed() -> None:
    show = scheduled_show()
    confirmed(show=show)
    forget()
    change_show(show_id=show.pk, language="Hindi")
    services.write_show_changes(since=None, now=timezone.now())
    assert queued("kind") == []
    assert Show.history.filter(id=show.pk, history_type="~").exists()


SEVEN = ("A1", "A2", "A3", "A4", "A5", "A6", "A7")


def test_text_messages_go_only_to_a_confirmed_number(monkeypatch) -> None:
    texts = []
    monkeypatch.setitem(PROVIDERS, "console", lambda text, to: texts.append(to))
    confirmed(customer=UserFactory(phone="+919876543210", sms_consent=True))
    work()
    assert texts == [] and len(mail.outbox) == 1


def test_an_unconfirmed_address_gets_five_mails_about_free_bookings_a_day() -> None:
    user, show = UserFactory(email_verified_at=None), scheduled_show(price="0", rows={"A": 7})
    for seat in SEVEN:
        confirmed(seat, customer=user, show=show)
    work()
    assert len(mail.outbox) == 5
    # The first five were sent, and the last two were dropped.
    assert set(Message.objects.filter(state="dropped")) == set(Message.objects.order_by("pk")[5:])
    confirmed(customer=user)
    work()
    assert len(mail.outbox) == 6


def test_a_confirmed_address_gets_every_mail() -> None:
    user, show = (
        UserFactory(email_verified_at=timezone.now()),
        scheduled_show(price="0", rows={"A": 7}),
    )
    for seat in SEVEN:
        confirmed(seat, customer=user, show=show)
    work()
    assert len(mail.outbox) == 7


def test_messages_over_the_daily_limit_wait(settings) -> None:
    settings.MAILS_A_DAY = 2
    user = UserFactory()
    for _ in range(3):
        confirmed(customer=user)
    confirmed()
    work()
    assert len(mail.outbox) == 3
    waiting = Message.objects.get(state="queued")
    assert "2 messages within a day" in waiting.last_error
    assert waiting.due_at > timezone.now()
