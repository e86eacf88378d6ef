"""
Audit entries that the database itself refuses to change.

It also refuses to delete an entry that staff may still need.
"""

from django.db import migrations

POSTGRESQL = [
    """
    CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'DELETE' AND OLD.at < now() - interval '2 years' THEN
        RETURN OLD;
      END IF;
      RAISE EXCEPTION 'the audit is append-only' USING ERRCODE = 'restrict_violation';
    END $$
    """,
    """
    CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()
    """,
]
SQLITE = [
    """
    CREATE TRIGGER audit_entry_not_changed BEFORE UPDATE ON audit_entry
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END
    """,
    """
    CREATE TRIGGER audit_entry_not_deleted BEFORE DELETE ON audit_entry
    WHEN OLD.at >= datetime('now', '-2 years')
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END
    """,
]
REMOVE = {
    "postgresql": [
        "DROP TRIGGER audit_entry_append_only ON audit_entry",
        "DROP FUNCTION audit_is_append_only()",
    ],
    "sqlite": ["DROP TRIGGER audit_entry_not_changed", "DROP TRIGGER audit_entry_not_deleted"],
}


def add(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    for statement in {"postgresql": POSTGRESQL, "sqlite": SQLITE}.get(vendor, []):
        schema_editor.execute(statement, params=None)


def remove(apps, schema_editor):
    for statement in REMOVE.get(schema_editor.connection.vendor, []):
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunPython(add, remove)]
