from django.db import migrations, models


def _text():
    return models.TextField(db_default="", default="", editable=False)


class Migration(migrations.Migration):
    dependencies = [("venues", "0009_business_days")]

    operations = [
        migrations.AddField("venue", "name_folded", _text()),
        migrations.AddField("venue", "city_folded", _text()),
        migrations.AddField("venue", "address_folded", _text()),
        migrations.RemoveIndex("venue", "venues_venue_city"),
        migrations.AddIndex(
            "venue", models.Index(fields=["city_folded"], name="venues_venue_city_folded")
        ),
        # The columns stay in the database as long as older processes read them.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveField("venue", "address_capitals"),
                migrations.RemoveField("venue", "name_capitals"),
            ]
        ),
    ]
