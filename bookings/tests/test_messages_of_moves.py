"""Messages to customers and partners about a show that moves."""

import json
from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.utils import timezone

from bookings import services
from bookings.models import Message, WebhookDelivery, WebhookSubscription
from bookings.tests.factories import confirmed, held
from shows.models import Show
from shows.services import change_show
from shows.tests.factories import scheduled_show
from venues.tests.factories import hall

pytestmark = pytest.mark.django_db


def other_screen(show: Show) -> int:
    return hall(venue=show.screen.venue).pk


def work() -> None:
    services.write_show_changes(since=None, now=timezone.now())
    call_command("worker", once=True, queue=["messages"])


def told(show: Show) -> None:
    """Let everyone know what they have booked."""
    call_command("worker", once=True, queue=["messages"])
    mail.outbox.clear()


def attachments(message) -> dict[str, str]:
    return {name: content for name, content, _ in message.attachments}


def sequence(message) -> int:
    text = attachments(message)["show.ics"]
    text = text.decode() if isinstance(text, bytes) else text
    return int(text.partition("SEQUENCE:")[2].split()[0])


@pytest.mark.sqlite
def test_a_move_is_one_mail_with_tickets_calendar_and_both_links() -> None:
    show = scheduled_show()
    booking = confirmed("A1", "A2", show=show)
    told(show)
    screen = other_screen(show)
    start = show.start_time + timedelta(hours=3)
    services.move_show(show_id=show.pk, screen=screen, start_time=start)
    work()
    [message] = mail.outbox
    assert message.subject.startswith("Changed: ")
    assert "now begins at" in message.body and "It is in another hall now: " in message.body
    assert "get all of your money back" in message.body
    assert attachments(message).keys() == {"tickets.pdf", "show.ics"}
    links = [line for line in message.body.splitlines() if "/bookings/" in line]
    keep, give_back = (line.partition(": ")[2] for line in links)
    assert f"/bookings/{booking.reference}#" in keep
    assert give_back == keep.replace("#", "?give-back#")
    html = message.alternatives[0][0]
    assert keep in html and give_back in html


def test_two_moves_before_the_mail_is_sent_are_one_mail() -> None:
    show = scheduled_show()
    confirmed("A1", show=show)
    told(show)
    first, second = other_screen(show), other_screen(show)
    services.move_show(show_id=show.pk, screen=first)
    services.move_show(show_id=show.pk, start_time=show.start_time + timedelta(hours=1))
    services.move_show(show_id=show.pk, screen=second)
    work()
    work()
    [message] = mail.outbox
    show.refresh_from_db()
    assert show.screen.name in message.body and "now begins at" in message.body


def test_moves_that_end_at_the_first_place_are_not_mailed() -> None:
    show, first = scheduled_show(), None
    confirmed("A1", show=show)
    told(show)
    first = show.screen_id
    for screen in (other_screen(show), first):
        services.move_show(show_id=show.pk, screen=screen)
    work()
    assert mail.outbox == []
    assert not Message.objects.filter(state__in=["queued", "sending", "dead"]).exists()


def test_a_move_back_after_the_mail_is_mailed_with_a_higher_calendar_sequence() -> None:
    show = scheduled_show()
    for name in ("One", "Two", "Three"):
        show.screen.name = name
        show.screen.save()
    confirmed("A1", show=show)
    told(show)
    for screen in (other_screen(show), show.screen_id):
        services.move_show(show_id=show.pk, screen=screen)
        work()
    there, back = mail.outbox
    assert sequence(there) > 3 and sequence(back) > sequence(there)


def test_without_a_deadline_the_mail_offers_nothing_back() -> None:
    show = scheduled_show()
    confirmed("A1", show=show)
    told(show)
    start = show.start_time + timedelta(hours=3)
    services.move_show(show_id=show.pk, start_time=start, give_back_until=None)
    work()
    [message] = mail.outbox
    assert "money back" not in message.body and "give-back" not in message.body
    assert message.body.count("/bookings/") == 1


def test_a_change_with_a_deadline_offers_the_tickets_back_too() -> None:
    show = scheduled_show()
    confirmed("A1", show=show)
    told(show)
    start = show.start_time + timedelta(days=3)
    deadline = timezone.now() + timedelta(days=1)
    change_show(show_id=show.pk, start_time=start, give_back_until=deadline)
    work()
    assert "?give-back#" in mail.outbox[0].body


def test_a_mail_that_is_late_offers_nothing_back_after_the_deadline() -> None:
    show = scheduled_show()
    confirmed("A1", show=show)
    told(show)
    change_show(show_id=show.pk, start_time=show.start_time + timedelta(days=3))
    Show.objects.filter(pk=show.pk).update(give_back_until=timezone.now() - timedelta(seconds=1))
    work()
    assert "give-back" not in mail.outbox[0].body


def test_a_pending_booking_gets_no_mail_about_a_move() -> None:
    show = scheduled_show()
    held("A1", show=show)
    services.move_show(show_id=show.pk, screen=other_screen(show))
    work()
    assert mail.outbox == []


def test_partners_hear_once_where_and_when_a_show_is_now() -> None:
    show = scheduled_show()
    WebhookSubscription.objects.create(
        name="partner", url="https://example.org", events=["show.changed"], secret="whsec_x"
    )
    screen = other_screen(show)
    services.move_show(show_id=show.pk, start_time=show.start_time + timedelta(hours=1))
    services.move_show(show_id=show.pk, screen=screen)
    for _ in range(2):
        services.write_show_changes(since=None, now=timezone.now())
    [row] = WebhookDelivery.objects.filter(event="show.changed")
    data = json.loads(row.body)["data"]
    assert (data["show"], data["screen"], data["old_screen"]) == (show.pk, screen, show.screen_id)
