"""A cancellation's free text: kept with the booking, erased with the person."""

from importlib import import_module

import pytest
from django.apps import apps

from bookings import checkout
from bookings.models import Booking, BookingTransition, Refund, WebhookDelivery
from bookings.tests.factories import confirmed, held
from users.models import User
from users.tests.factories import PASSWORD, StaffFactory, UserFactory

pytestmark = pytest.mark.django_db

TEXT = "Asha Rao had a stroke on Sunday"
URL = "/api/bookings/"


def every_text() -> list[str]:
    """Return every text in the tables of bookings."""
    return [
        str(value)
        for model in apps.get_app_config("bookings").get_models()
        for row in model.objects.values_list()
        for value in row
    ]


def mentions() -> int:
    return sum(TEXT in text for text in every_text())


@pytest.fixture
def customer() -> User:
    return UserFactory()


@pytest.fixture
def client(customer, login):
    return login(customer)


def erase(client) -> None:
    assert client.delete("/api/users/me/", {"password": PASSWORD}).status_code == 204


@pytest.mark.sqlite
def test_the_free_text_of_a_cancellation_is_erased_with_the_person(
    client, customer, subscription
) -> None:
    for booking in (confirmed("A1", customer=customer), held("A1", customer=customer)):
        answer = client.post(f"{URL}{booking.pk}/cancel/", {"reason": TEXT})
        assert answer.status_code == 200
    # Twice in the record of the bookings; not in the refund, and not in what partners get.
    assert mentions() == 2
    assert Refund.objects.get().reason == "booking cancelled"
    erase(client)
    assert mentions() == 0
    assert set(Booking.objects.values_list("status", flat=True)) == {"cancelled"}


def test_what_staff_wrote_about_a_persons_booking_is_erased(client, customer) -> None:
    booking = confirmed(customer=customer)
    checkout.cancel(booking_id=booking.pk, cancelled_by=StaffFactory(), reason=TEXT)
    another = confirmed()
    checkout.cancel(booking_id=another.pk, cancelled_by=another.user, reason="my own")
    erase(client)
    transitions = BookingTransition.objects.filter(to_status="cancelled").order_by("booking_id")
    assert list(transitions.values_list("reason", flat=True)) == ["", "my own"]


@pytest.mark.sqlite
def test_the_reasons_of_refunds_and_free_tickets_are_erased(client, customer) -> None:
    booking, other = confirmed("A1", customer=customer), confirmed("A2", customer=customer)
    for each in (booking, other):
        checkout.cancel(booking_id=each.pk, cancelled_by=customer)
    Refund.objects.filter(booking=booking).update(reason=TEXT)
    Booking.objects.filter(pk=booking.pk).update(complimentary_reason=TEXT)
    erase(client)
    assert mentions() == 0
    assert set(Refund.objects.values_list("reason", flat=True)) == {"", "booking cancelled"}
    assert set(Booking.objects.values_list("complimentary_reason", flat=True)) == {
        "", "complimentary",
    }  # fmt: skip


def test_an_erasure_keeps_the_reasons_that_the_system_wrote(client, customer) -> None:
    booking = confirmed(customer=customer)
    erase(client)
    assert "succeeded" in booking.transitions.get().reason


def test_partners_are_not_told_why_a_show_was_cancelled(subscription) -> None:
    booking = confirmed()
    checkout.cancel_show(show_id=booking.show_id, cancelled_by=StaffFactory(), reason=TEXT)
    bodies = list(WebhookDelivery.objects.values_list("body", flat=True))
    assert len(bodies) == 4 and not any(TEXT in body or "reason" in body for body in bodies)


def test_the_migration_removes_free_text_from_older_rows(subscription) -> None:
    booking = confirmed()
    checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user, reason=TEXT)
    Refund.objects.update(reason=TEXT)
    delivery = WebhookDelivery.objects.get(event="booking.cancelled")
    delivery.body = delivery.body.replace('"currency"', f'"reason": "{TEXT}", "currency"')
    delivery.save()
    migration = import_module("bookings.migrations.0017_free_text_of_cancellations")
    migration.remove(apps, None)
    assert mentions() == 1
    User.objects.update(erased_at=booking.booked_at)
    migration.remove(apps, None)
    assert mentions() == 0
