"""
Permissions for notes.

Groups that see bookings see their notes, and groups that change bookings write them.
"""

from django.contrib.auth.management import create_permissions
from django.db import migrations

GRANTED = {
    "view_bookingnote": ["manager", "box office", "finance"],
    "add_bookingnote": ["manager", "box office"],
}


def grant(apps, schema_editor):
    # On a new database, Django adds permissions only after the last migration.
    config = apps.get_app_config("bookings")
    config.models_module = True
    create_permissions(config, verbosity=0, apps=apps)
    config.models_module = None
    Permission = apps.get_model("auth", "Permission")
    for codename, names in GRANTED.items():
        permission = Permission.objects.get(
            content_type__app_label="bookings", codename=codename
        )
        for group in apps.get_model("auth", "Group").objects.filter(name__in=names):
            group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [("box_office", "0003_groups"), ("bookings", "0020_notes")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
