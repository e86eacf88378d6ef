"""Remove the free text of cancellations from where it does not belong."""

import json

from django.db import migrations
from django.db.models import Exists, OuterRef


def remove(apps, schema_editor):
    Transition = apps.get_model("bookings", "BookingTransition")
    Refund = apps.get_model("bookings", "Refund")
    Delivery = apps.get_model("bookings", "WebhookDelivery")
    written = Transition.objects.filter(by__isnull=False, to_status="cancelled")
    copied = written.filter(booking=OuterRef("booking"), reason=OuterRef("reason"))
    Refund.objects.filter(Exists(copied)).exclude(reason__in=["", "show cancelled"]).update(
        reason="booking cancelled"
    )
    erased = Transition.objects.filter(by__isnull=False, booking__user__erased_at__isnull=False)
    erased.update(reason="")
    told = Delivery.objects.filter(event__in=["booking.cancelled", "show.cancelled"])
    for delivery in told.only("body").iterator():
        event = json.loads(delivery.body)
        if event["data"].pop("reason", None) is not None:
            delivery.body = json.dumps(event)
            delivery.save(update_fields=["body"])


class Migration(migrations.Migration):
    dependencies = [("bookings", "0016_box_office_sales")]
    operations = [migrations.RunPython(remove, migrations.RunPython.noop)]
