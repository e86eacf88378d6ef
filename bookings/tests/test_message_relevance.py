"""Messages that are true when they are sent. The mail server may have been away for long."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.core.management import call_command
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from bookings import checkout, services, tasks
from bookings.models import Booking, Message, Ticket
from bookings.notifications.email import Attachment
from bookings.notifications.texts import Text
from bookings.tests.factories import confirmed, held
from bookings.tests.smtp_server import Mailbox
from shows.models import Show
from shows.services import change_show
from shows.tests.factories import scheduled_show
from users.models import User
from users.tests.factories import StaffFactory

pytestmark = pytest.mark.django_db


def work() -> None:
    call_command("worker", once=True, queue=["messages"])


def subjects() -> list[str]:
    return [message.subject.partition(":")[0] for message in mail.outbox]


def fate(kind: str) -> tuple[str, str]:
    return Message.objects.values_list("state", "last_error").get(kind=kind)


def cancel(booking: Booking) -> None:
    services.cancel_booking(booking_id=booking.pk, cancelled_by=booking.user)


def erase_customer(booking: Booking) -> None:
    User.objects.filter(pk=booking.user_id).update(erased_at=Now())


def reissue(booking: Booking) -> None:
    booking.tickets.update(version=F("version") + 1, code="NEW-NEW-NEW")


def _codes(tickets: Sequence[Ticket], **_: Any) -> str:
    return ",".join(ticket.code for ticket in tickets)


def on_the_wall(show: Show, *, hours: int) -> str:
    """Return the venue's local time, hours after the show's first start."""
    start = show.start_time + timedelta(hours=hours)
    return f"{start.astimezone(ZoneInfo(show.screen.venue.timezone)):%H:%M}"


def move(show: Show, **place: object) -> None:
    change_show(show_id=show.pk, **place)
    services.write_show_changes(since=None, now=timezone.now())


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "change", [cancel, erase_customer, reissue], ids=lambda each: each.__name__
)
def test_booking_that_changes_while_its_batch_is_sent_is_read_again(monkeypatch, change) -> None:
    show = scheduled_show()
    first, second = confirmed("A1", show=show), confirmed("A2", show=show)
    code, sent = second.tickets.get().code, []

    def send(text: Text, *, to: str, attachments: Sequence[Attachment], **_: Any) -> None:
        if not sent:
            change(second)
        sent.append((to, attachments[0].content))

    monkeypatch.setattr("bookings.tasks.messages.send_email", send)
    monkeypatch.setattr("bookings.tasks.messages.print_some_tickets", _codes)
    assert tasks.start_messages()
    told = {content for to, content in sent if to == second.user.email}
    ticket = second.tickets.get()
    assert code not in told and told == ({ticket.code} if change is reissue else set())
    assert sent[0][0] == first.user.email


@pytest.mark.sqlite
def test_a_booking_cancelled_while_the_mail_server_was_stopped_is_not_confirmed_by_mail(
    smtp,
) -> None:
    mailbox = Mailbox()
    server = smtp(mailbox)
    server.stop()
    booking = confirmed()
    work()
    cancel(booking)
    smtp(mailbox, server.port)
    Message.objects.update(due_at=Now())
    work()
    assert len(mailbox.ids) == 1
    assert fate("confirmed") == ("dropped", "the booking or the show is cancelled")
    assert fate("cancelled")[0] == "sent"


def test_a_show_cancelled_meanwhile_leaves_one_mail_that_says_so() -> None:
    booking = confirmed()
    checkout.cancel_show(show_id=booking.show_id, cancelled_by=StaffFactory())
    work()
    assert subjects() == ["Cancelled"]
    assert fate("confirmed")[0] == "dropped"


def test_a_confirmation_is_not_sent_after_the_show_is_over() -> None:
    booking = confirmed()
    over = timezone.now() - timedelta(minutes=1)
    shows = Show.objects.filter(pk=booking.show_id)
    shows.update(start_time=over - timedelta(hours=2), end_time=over)
    work()
    assert (mail.outbox, fate("confirmed")) == ([], ("dropped", "the show is over"))


def test_a_late_confirmation_says_the_new_time_and_has_the_ticket_that_is_valid() -> None:
    booking = confirmed("A1")
    ticket = booking.tickets.get()
    services.reissue_ticket(ticket_id=ticket.pk)
    start = booking.show.start_time + timedelta(hours=3)
    change_show(show_id=booking.show_id, start_time=start)
    work()
    [message] = [each for each in mail.outbox if each.subject.startswith("Booking confirmed")]
    assert on_the_wall(booking.show, hours=3) in message.body.partition("When")[2]
    assert message.attachments[0][0] == "tickets.pdf"


def test_a_change_mail_names_the_start_that_the_customer_booked() -> None:
    show = scheduled_show()
    confirmed(show=show)
    Message.objects.all().delete()
    for hours in (3, 5):
        change_show(show_id=show.pk, start_time=show.start_time + timedelta(hours=hours))
    services.write_show_changes(since=None, now=timezone.now())
    work()
    [message] = mail.outbox
    old, new = (on_the_wall(show, hours=hours) for hours in (0, 5))
    sentence = message.body.partition("It was to begin at")[2].partition("\n")[0]
    assert old in sentence.partition("now begins at")[0]
    assert new in sentence.partition("now begins at")[2]


def test_a_show_that_is_back_at_its_time_is_not_mailed() -> None:
    show = scheduled_show()
    confirmed(show=show)
    Message.objects.all().delete()
    for hours in (3, 0):
        move(show, start_time=show.start_time + timedelta(hours=hours))
    work()
    assert mail.outbox == []
    assert set(Message.objects.values_list("state", "last_error")) == {
        ("dropped", "the show has another start by now"),
        ("dropped", "the show is when and where the customer knows it to be"),
    }


def test_a_second_mail_takes_back_a_change_that_was_mailed() -> None:
    show = scheduled_show()
    confirmed(show=show)
    Message.objects.all().delete()
    for hours in (3, 0):
        move(show, start_time=show.start_time + timedelta(hours=hours))
        work()
    assert subjects() == ["Changed", "Changed"]
    later, first = (on_the_wall(show, hours=hours) for hours in (3, 0))
    sentence = mail.outbox[1].body.partition("It was to begin at")[2].partition("\n")[0]
    assert later in sentence.partition("now begins at")[0]
    assert first in sentence.partition("now begins at")[2]


def test_the_message_of_a_failed_payment_is_dropped_once_the_hold_has_expired() -> None:
    booking = held()
    with pytest.raises(Exception, match="declined"):
        checkout.pay(booking_id=booking.pk, payment_method="pm_card_declined")
    Booking.objects.update(expires_at=Now() - timedelta(seconds=1))
    work()
    assert (mail.outbox, fate("payment_failed")[0]) == ([], "dropped")
