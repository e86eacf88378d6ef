from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0008_fill_folded")]

    operations = [
        migrations.AddField(
            "event", "poster", models.JSONField(blank=True, editable=False, null=True)
        ),
    ]
