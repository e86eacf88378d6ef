"""Shows of a screen keep apart, cleaning included: held by PostgreSQL itself."""

from django.db import migrations

# A GiST index compares a plain column by equality with btree_gist, which the owner of a database
# may create (https://www.postgresql.org/docs/current/btree-gist.html).
ADD = """
CREATE EXTENSION IF NOT EXISTS btree_gist;
ALTER TABLE shows_show ADD CONSTRAINT shows_show_no_overlap
EXCLUDE USING gist (screen_id WITH =, tstzrange(start_time, occupied_until) WITH &&)
WHERE (status = 'scheduled')
"""
REMOVE = "ALTER TABLE shows_show DROP CONSTRAINT shows_show_no_overlap"


def add(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(ADD)


def remove(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(REMOVE)


class Migration(migrations.Migration):
    dependencies = [("shows", "0001_initial")]
    operations = [migrations.RunPython(add, remove)]
