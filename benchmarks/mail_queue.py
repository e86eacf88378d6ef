"""The queue of `benchmarks.mail`: mails about confirmed bookings. Runs within Django."""

from datetime import timedelta

from django.db.models.functions import Now

from bookings import checkout
from bookings.models import Message
from bookings.tests.factories import held
from shows.tests.factories import scheduled_show

SEATS_IN_A_ROW = 40
BOOKINGS = 200


def fill(mails: int) -> None:
    """Confirm bookings of two seats, and queue many mails about them."""
    rows = {f"R{number}": SEATS_IN_A_ROW for number in range(2 * BOOKINGS // SEATS_IN_A_ROW)}
    show = scheduled_show(rows=rows)
    labels = [f"{row}{number}" for row in rows for number in range(1, SEATS_IN_A_ROW + 1)]
    bookings = [held(*pair, show=show) for pair in zip(labels[::2], labels[1::2], strict=True)]
    for booking in bookings:
        checkout.pay(booking_id=booking.pk)
    Message.objects.all().delete()
    Message.objects.bulk_create(
        Message(
            booking=bookings[number % len(bookings)],
            kind=Message.Kind.CONFIRMED,
            channel=Message.Channel.EMAIL,
            dedupe_key=f"benchmark {number}",
            due_at=Now(),
            give_up_at=Now() + timedelta(days=1),
        )
        for number in range(mails)
    )
