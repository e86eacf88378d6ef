from django.db import migrations, models
from django.db.models.functions import Now


def doubt_owed_refunds(apps, schema_editor):
    """Mark the owed refunds as possibly sent. The provider may have a request for any of them."""
    refunds = apps.get_model("bookings", "Refund").objects.using(schema_editor.connection.alias)
    refunds.filter(status__in=["pending", "failed"]).update(asked_until=Now())


class Migration(migrations.Migration):

    dependencies = [
        ("bookings", "0027_account_mails"),
    ]

    operations = [
        migrations.AddField(
            model_name="refund",
            name="asked_until",
            field=models.DateTimeField(blank=True, editable=False, help_text="Set while the provider may have the refund. Until then it is not looked up.", null=True),
        ),
        migrations.RunPython(doubt_owed_refunds, migrations.RunPython.noop),
    ]
