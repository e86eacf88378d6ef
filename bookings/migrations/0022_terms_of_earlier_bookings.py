"""
Refund terms for earlier bookings, and discounts allotted to their lines.

A booking gets the terms that its show has now. Each statement writes the bookings of one show, or a
batch of lines, in a transaction of its own. Filled rows are left alone, so a migration that was cut
off can be run again.
"""

from datetime import timedelta
from decimal import Decimal

from django.db import migrations
from django.db.models import OuterRef, Subquery

from eventbooking_system.money import allot, quantum

BATCH = 1000


def freeze_terms(apps, schema_editor):
    Show = apps.get_model("shows", "Show")
    Booking = apps.get_model("bookings", "Booking")
    for show in Show.objects.order_by("pk").iterator(chunk_size=BATCH):
        rules = show.refund_rules or [
            {"hours": _plain(show.refund_cutoff_hours), "percent": _plain(show.refund_percent)}
        ]
        Booking.objects.filter(show=show, refund_rules__isnull=True).update(
            refund_rules=rules,
            fees_refundable=show.fees_refundable,
            exchange_until=show.start_time - timedelta(minutes=show.exchange_cutoff_minutes),
        )


def allot_discounts(apps, schema_editor):
    Booking = apps.get_model("bookings", "Booking")
    BookedSeat = apps.get_model("bookings", "BookedSeat")
    after = 0
    discounted = Booking.objects.filter(discount__gt=0).order_by("pk")
    while bookings := list(discounted.filter(pk__gt=after)[:BATCH]):
        after = bookings[-1].pk
        lines_of = {booking.pk: [] for booking in bookings}
        for line in BookedSeat.objects.filter(booking__in=bookings).order_by("pk"):
            lines_of[line.booking_id].append(line)
        changed = []
        for booking in bookings:
            lines = lines_of[booking.pk]
            if not lines or any(line.discount for line in lines):
                continue
            prices = [line.price for line in lines]
            parts = allot(booking.discount, prices, quantum(booking.currency))
            for line, line.discount in zip(lines, parts, strict=True):
                changed.append(line)
        BookedSeat.objects.bulk_update(changed, ["discount"])


def cancel_lines(apps, schema_editor):
    """
    Cancel the lines of tickets that were returned at the counter.

    Such tickets were given back one by one.
    """
    BookedSeat = apps.get_model("bookings", "BookedSeat")
    Ticket = apps.get_model("bookings", "Ticket")
    given_back = BookedSeat.objects.filter(
        booking__status="confirmed", ticket__voided_at__isnull=False, cancelled_at=None
    )
    voided = Ticket.objects.filter(booked_seat=OuterRef("pk")).values("voided_at")
    while lines := list(given_back.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        BookedSeat.objects.filter(pk__in=lines).update(cancelled_at=Subquery(voided))


def _plain(number):
    return f"{Decimal(number).normalize():f}"


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("bookings", "0021_terms_and_exchanges"),
        ("shows", "0020_terms_of_refunds_and_exchanges"),
    ]
    operations = [
        migrations.RunPython(freeze_terms, migrations.RunPython.noop),
        migrations.RunPython(allot_discounts, migrations.RunPython.noop),
        migrations.RunPython(cancel_lines, migrations.RunPython.noop),
    ]
