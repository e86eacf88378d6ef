"""Paths of the admin site, its actions, and what they leave behind."""

from bookings import services
from bookings.models import Booking, BookingTransition, Payment, ProviderEvent, Refund
from bookings.tests.factories import confirmed
from shows.models import Show

BOOKINGS = "/admin/bookings/booking/"
PAYMENTS = "/admin/bookings/payment/"
REFUNDS = "/admin/bookings/refund/"
EVENTS = "/admin/bookings/providerevent/"
SHOWS = "/admin/shows/show/"


def act(client, path, action, *rows, **more):
    body = {"action": action, "_selected_action": [row.pk for row in rows], **more}
    return client.post(path, body, follow=True)


def confirm(client, path, action, *rows, **more):
    return act(client, path, action, *rows, post="yes", **more)


def texts(response):
    return [str(message) for message in response.context["messages"]]


def state():
    """Return all that a refusal must not change."""
    models = (Booking, BookingTransition, Payment, Refund, Show)
    return [list(model.objects.order_by("pk").values()) for model in models]


def event_of(number):
    return ProviderEvent.objects.create(
        provider="sandbox", event_id=f"evt-{number}", type="payment.succeeded", payload={},
        outcome="nothing to do",
    )  # fmt: skip


def refunded():
    booking = confirmed("A1", "A2")
    services.cancel_booking(booking_id=booking.pk, cancelled_by=booking.user)
    return booking
