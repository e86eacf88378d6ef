import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shows", "0004_final_counts"), ("venues", "0004_remove_screen_document")]

    operations = [
        migrations.AddField(
            "show",
            "layout",
            models.ForeignKey(
                blank=True,
                editable=False,
                help_text="The version of the screen's seating plan that the show was scheduled with.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="shows",
                to="venues.layout",
            ),
        ),
    ]
