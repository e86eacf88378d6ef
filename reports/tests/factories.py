"""The objects and steps that tests of reports share."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone

from bookings.models import Booking, LedgerEntry, Message, PeriodicJob, Refund, StrayPayment
from bookings.tests.factories import confirmed
from box_office.tests.factories import cash_session
from shows.models import Show
from shows.tests.factories import scheduled_show
from venues.tests.factories import VenueFactory, hall


def backdate(booking: Booking, instant: datetime) -> None:
    """Let the money of a booking have moved at an instant."""
    entries = LedgerEntry.objects.filter(booking=booking)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            entries.update(at=instant)
            cursor.execute("SET session_replication_role = DEFAULT")
    else:
        entries.update(at=instant)


def show_of_today(**fields: Any) -> Show:
    """Return a show in half an hour. Its venue's business day is half over."""
    start = (timezone.now() - timedelta(hours=12)).astimezone(ZoneInfo("Asia/Kolkata"))
    venue = VenueFactory(
        business_day_starts_at=start.time().replace(minute=0, second=0, microsecond=0)
    )
    soon = timezone.now() + timedelta(minutes=30)
    return scheduled_show(screen=hall(venue=venue), start_time=soon, **fields)


def trouble() -> None:
    """Make one row of each kind that needs a person."""
    booking = confirmed("A1")
    payment = booking.payments.get()
    Refund.objects.create(booking=booking, payment=payment, amount=1, status=Refund.Status.FAILED)
    Message.objects.filter(booking=booking).update(state=Message.State.DEAD)
    StrayPayment.objects.create(
        provider="sandbox", provider_id="pay-1", amount=1, currency="INR", status="succeeded",
        reason="unknown",
    )  # fmt: skip
    PeriodicJob.objects.update_or_create(
        name="expire_holds", defaults={"due_at": timezone.now(), "last_error": "no disk"}
    )
    cash_session()
