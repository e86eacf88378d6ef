from django.db import migrations


def into_layouts(apps, schema_editor):
    Layout = apps.get_model("venues", "Layout")
    for screen in apps.get_model("venues", "Screen").objects.exclude(document=None).iterator(50):
        screen.layout = Layout.objects.create(screen=screen, document=screen.document)
        screen.save(update_fields=["layout"])


def out_of_layouts(apps, schema_editor):
    screens = apps.get_model("venues", "Screen").objects.exclude(layout=None)
    for screen in screens.select_related("layout").iterator(50):
        screen.document = screen.layout.document
        screen.save(update_fields=["document"])


class Migration(migrations.Migration):
    dependencies = [("venues", "0002_layout_versions")]

    operations = [migrations.RunPython(into_layouts, out_of_layouts)]
