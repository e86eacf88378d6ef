import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("venues", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Layout",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("document", models.JSONField()),
                ("areas", models.JSONField(default=list)),
                ("focus_x", models.FloatField(blank=True, null=True)),
                ("focus_y", models.FloatField(blank=True, null=True)),
                ("revision", models.UUIDField(default=uuid.uuid4, help_text="Another one with every change of the screen's seats.")),
                ("screen", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="layouts", to="venues.screen")),
            ],
            options={"ordering": ["pk"]},
        ),
        migrations.RenameField("screen", "layout", "document"),
        migrations.AddField(
            "screen",
            "layout",
            models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="venues.layout"),
        ),
        migrations.AddField("seat", "area", models.CharField(blank=True, default="", max_length=100), preserve_default=False),
        migrations.AddConstraint(
            "seat",
            models.CheckConstraint(
                condition=models.Q(("area", ""), ("row", models.F("area")), _connector="OR"),
                name="venues_seat_row_is_area",
            ),
        ),
    ]
