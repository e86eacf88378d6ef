"""The data of partners' events about refunds, expiries and new shows."""

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.utils import timezone
from django.utils.translation import gettext, override

from bookings import checkout, services
from bookings.models import Booking, Message, Refund, WebhookDelivery, WebhookSubscription
from bookings.notifications.texts import WORDS
from bookings.payments.states import PaymentResult
from bookings.tasks import start_messages
from bookings.tests.factories import confirmed, held, run_out
from events.models import Event
from shows.models import Show
from shows.services import change_show
from shows.tests.factories import scheduled_show
from users.tests.factories import StaffFactory

pytestmark = pytest.mark.django_db


def events(kind: str) -> list[dict[str, Any]]:
    deliveries = WebhookDelivery.objects.filter(event=kind).order_by("pk")
    bodies = [json.loads(delivery.body) for delivery in deliveries]
    assert all(body["type"] == kind for body in bodies)
    return [body["data"] for body in bodies]


def letters() -> list[str]:
    while start_messages():
        pass
    return [letter.subject for letter in mail.outbox]


def test_a_refund_that_was_carried_out_is_an_event(subscription) -> None:
    booking = confirmed()
    checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
    refund = Refund.objects.get()
    assert events("refund.succeeded") == [
        {
            "refund": refund.pk, "payment": refund.payment_id, "booking": booking.pk,
            "amount": "500.00", "currency": "INR",
        }
    ]  # fmt: skip
    assert not Message.objects.filter(kind="refunded").exists()


def test_a_refund_that_took_long_is_mailed_to_the_customer(server, subscription) -> None:
    booking = confirmed()
    server.script("refund", "drop", "drop")
    checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
    assert events("refund.succeeded") == []
    Refund.objects.update(created_at=timezone.now() - timedelta(hours=2), next_try_at=None)
    assert checkout.send_refunds() == 1
    assert len(events("refund.succeeded")) == 1
    assert any(subject.startswith("Your refund was sent: ") for subject in letters())
    assert "We have sent 500.00 INR back to you." in mail.outbox[-1].body


def test_an_expired_booking_is_an_event_and_no_mail(subscription) -> None:
    booking = held()
    run_out(booking)
    services.expire_bookings()
    services.expire_bookings()
    [data] = events("booking.expired")
    assert (data["booking"], data["reference"]) == (booking.pk, booking.reference)
    assert len(data["seat_ids"]) == 2
    assert not Message.objects.filter(kind="expired").exists()


def test_customer_gets_a_mail_when_a_hold_by_staff_expires(subscription) -> None:
    booking = held()
    Booking.objects.update(
        sales_channel="box_office", sold_by=StaffFactory(), customer_email="asha@example.org"
    )
    run_out(booking)
    services.expire_bookings()
    assert letters() == [f"Your booking has expired: {booking.show.event.title}"]
    assert mail.outbox[0].to == ["asha@example.org"]


def test_hold_by_staff_that_was_paid_late_is_not_mailed_as_expired() -> None:
    booking = held()
    Booking.objects.update(sales_channel="box_office", sold_by=StaffFactory())
    run_out(booking)
    services.expire_bookings()
    Booking.objects.update(status="confirmed")
    assert letters() == []


def test_a_payment_that_came_too_late_expires_its_booking(subscription) -> None:
    booking = held("A1")
    payment = checkout.pay(booking_id=booking.pk, payment_method="pm_card_late")
    run_out(booking)
    confirmed("A1", show=booking.show)
    services.record_payment(
        payment_id=payment.pk,
        booking_id=booking.pk,
        result=PaymentResult(status="succeeded", provider_id=payment.provider_id),
    )
    booking.refresh_from_db()
    assert booking.status == "expired"
    assert [data["booking"] for data in events("booking.expired")] == [booking.pk]


# ---- New shows


def write(since: datetime) -> list[int]:
    services.write_new_shows(since=since + services.outbox.shows.OVERLAP, now=timezone.now())
    return [data["show"] for data in events("show.created")]


@pytest.fixture
def start(subscription) -> datetime:
    scheduled_show()  # An old one.
    return timezone.now()


def test_a_new_show_is_sent_to_partners_once_with_its_place_and_time(start) -> None:
    show = scheduled_show()
    assert write(start) == [show.pk]
    assert write(start) == [show.pk]
    [data] = events("show.created")
    assert data == {
        "show": show.pk, "event": show.event_id, "title": show.event.title,
        "venue": show.screen.venue_id, "screen": show.screen_id,
        "start_time": show.start_time.isoformat(), "end_time": show.end_time.isoformat(),
        "language": show.language, "format": show.format, "currency": show.currency,
    }  # fmt: skip


def test_a_changed_show_is_not_a_new_one(start) -> None:
    show = Show.objects.get()
    change_show(show_id=show.pk, language="Hindi")
    assert write(start) == []


@pytest.mark.parametrize("publication", ["draft", "unlisted"])
def test_a_show_is_sent_to_partners_once_it_is_public(start, publication) -> None:
    show = scheduled_show(publication=publication)
    assert write(start) == []
    Show.objects.get(pk=show.pk)
    change_show(show_id=show.pk, publication="public")
    assert write(start) == [show.pk]


@pytest.mark.sqlite
def test_a_show_with_a_publication_time_is_sent_to_partners_at_that_time(start) -> None:
    show = scheduled_show(publication="draft", publish_at=timezone.now() + timedelta(hours=1))
    assert write(start) == []
    Show.objects.filter(pk=show.pk).update(publish_at=timezone.now())
    assert write(start) == [show.pk]


def test_shows_of_an_event_are_sent_to_partners_once_it_is_published(start) -> None:
    show = scheduled_show()
    Event.objects.filter(pk=show.event_id).update(is_published=False)
    assert write(start) == []
    event = Event.objects.get(pk=show.event_id)
    event.is_published = True
    event.save()
    assert write(start) == [show.pk]


def test_a_cancelled_show_is_not_sent_to_partners_as_new(start) -> None:
    show = scheduled_show()
    checkout.cancel_show(show_id=show.pk, cancelled_by=StaffFactory())
    assert write(start) == []


# ---- Documents and languages


def test_the_document_of_webhooks_has_every_event() -> None:
    text = (settings.BASE_DIR / "docs/webhooks.md").read_text()
    documented = re.findall(r"^\| `([a-z]+\.[a-z_]+)` \|", text, re.MULTILINE)
    assert sorted(documented) == sorted(WebhookSubscription.Event.values)


def test_every_kind_of_message_has_words() -> None:
    assert set(WORDS) == set(Message.Kind.values)


@pytest.mark.parametrize("language", ["es", "hi"])
def test_the_words_of_each_message_are_translated(language) -> None:
    modules = (settings.BASE_DIR / "bookings/notifications/texts").glob("*.py")
    source = "".join(module.read_text() for module in modules)
    words = re.findall(r'_\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)\)', source)
    texts = {"".join(re.findall(r'"((?:[^"\\]|\\.)*)"', each)) for each in words}
    assert len(texts) > 60
    with override(language):
        same = [text for text in texts if gettext(text) == text]
    assert set(same) <= {"Total"}
