"""PostgreSQL itself refuses to change a closing. The groups of finance and management see reports."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

ADD = """
CREATE FUNCTION reports_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER reports_dayclosing_append_only BEFORE UPDATE OR DELETE ON reports_dayclosing
FOR EACH ROW EXECUTE FUNCTION reports_is_append_only();
"""
REMOVE = """
DROP TRIGGER reports_dayclosing_append_only ON reports_dayclosing;
DROP FUNCTION reports_is_append_only();
"""


def add(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(ADD, params=None)


def remove(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(REMOVE)


def let_groups_see(apps, schema_editor):
    config = apps.get_app_config("reports")
    config.models_module = True
    create_permissions(config, verbosity=0, apps=apps)
    config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="reports", codename__in=["view", "close_day"]
    )
    for group in apps.get_model("auth", "Group").objects.filter(name__in=["manager", "finance"]):
        group.permissions.add(*permissions)


class Migration(migrations.Migration):
    dependencies = [("reports", "0001_initial"), ("box_office", "0003_groups")]
    operations = [
        migrations.RunPython(add, remove),
        migrations.RunPython(let_groups_see, migrations.RunPython.noop),
    ]
