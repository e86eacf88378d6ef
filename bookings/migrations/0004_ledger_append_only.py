"""PostgreSQL itself refuses to change or delete a row of the ledger."""

from django.db import migrations

ADD = """
CREATE FUNCTION bookings_ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER bookings_ledgerentry_append_only BEFORE UPDATE OR DELETE ON bookings_ledgerentry
FOR EACH ROW EXECUTE FUNCTION bookings_ledger_is_append_only();
"""
REMOVE = """
DROP TRIGGER bookings_ledgerentry_append_only ON bookings_ledgerentry;
DROP FUNCTION bookings_ledger_is_append_only();
"""


def add(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(ADD)


def remove(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(REMOVE)


class Migration(migrations.Migration):
    dependencies = [("bookings", "0003_money")]
    operations = [migrations.RunPython(add, remove)]
