import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """A model for a table that exists already. The table does not change."""

    dependencies = [
        ("events", "0003_indexes"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="EventGenre",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True,
                                primary_key=True,
                                serialize=False,
                                verbose_name="ID",
                            ),
                        ),
                        (
                            "event",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, to="events.event"
                            ),
                        ),
                        (
                            "genre",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, to="events.genre"
                            ),
                        ),
                    ],
                    options={
                        "db_table": "events_event_genres",
                        "unique_together": {("event", "genre")},
                    },
                ),
                migrations.AlterField(
                    model_name="event",
                    name="genres",
                    field=models.ManyToManyField(
                        blank=True,
                        related_name="events",
                        through="events.EventGenre",
                        to="events.genre",
                    ),
                ),
            ],
        ),
    ]
