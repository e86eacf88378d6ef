from django.db import migrations, models


def tell_stages_from_focal_points(apps, schema_editor):
    """
    Store drawn stages apart from focal points.

    Until now that point was stored if the document named none.
    """
    Layout = apps.get_model("venues", "Layout")
    for layout in Layout.objects.exclude(focus_x=None).iterator(50):
        if "focal_point" not in layout.document:
            layout.stage_x, layout.stage_y = layout.focus_x, layout.focus_y
            layout.focus_x = layout.focus_y = None
            layout.save(update_fields=["focus_x", "focus_y", "stage_x", "stage_y"])


def merge_stages_and_focal_points(apps, schema_editor):
    Layout = apps.get_model("venues", "Layout")
    Layout.objects.filter(focus_x=None).update(
        focus_x=models.F("stage_x"), focus_y=models.F("stage_y")
    )


class Migration(migrations.Migration):
    dependencies = [("venues", "0007_help_texts")]

    operations = [
        migrations.AddField("layout", "stage_x", models.FloatField(blank=True, null=True)),
        migrations.AddField("layout", "stage_y", models.FloatField(blank=True, null=True)),
        migrations.RunPython(tell_stages_from_focal_points, merge_stages_and_focal_points),
    ]
