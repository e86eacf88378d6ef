"""
Tickets for bookings that were confirmed before there were tickets.

The log of the door stays as it is.
"""

import secrets

from django.db import migrations
from django.db.models.functions import Now

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
BATCH = 1000
ADD = """
CREATE FUNCTION bookings_scans_are_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the log of scans is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER bookings_ticketscan_append_only BEFORE UPDATE OR DELETE ON bookings_ticketscan
FOR EACH ROW EXECUTE FUNCTION bookings_scans_are_append_only();
"""
REMOVE = """
DROP TRIGGER bookings_ticketscan_append_only ON bookings_ticketscan;
DROP FUNCTION bookings_scans_are_append_only();
"""


def issue(apps, schema_editor):
    BookedSeat = apps.get_model("bookings", "BookedSeat")
    Ticket = apps.get_model("bookings", "Ticket")
    without = BookedSeat.objects.filter(booking__status="confirmed", ticket=None).order_by("pk")
    while lines := list(without.values_list("pk", "booking")[:BATCH]):
        Ticket.objects.bulk_create(
            Ticket(booked_seat_id=line, booking_id=booking, code=code(), issued_at=Now())
            for line, booking in lines
        )


def code():
    letters = "".join(secrets.choice(LETTERS) for _ in range(9))
    return f"{letters[:3]}-{letters[3:6]}-{letters[6:]}"


def guard(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(ADD)


def unguard(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(REMOVE)


class Migration(migrations.Migration):
    dependencies = [("bookings", "0006_tickets")]
    operations = [
        migrations.RunPython(guard, unguard),
        migrations.RunPython(issue, migrations.RunPython.noop),
    ]
