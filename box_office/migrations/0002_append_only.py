"""Closed cash sessions and drawer rows that PostgreSQL refuses to change."""

from django.db import migrations

ADD = """
CREATE FUNCTION box_office_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE FUNCTION box_office_session_is_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM box_office_cashsession WHERE id = NEW.session_id AND closed_at IS NOT NULL) THEN
    RAISE EXCEPTION 'the cash session is closed' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER box_office_cashsession_closed BEFORE UPDATE ON box_office_cashsession
FOR EACH ROW WHEN (OLD.closed_at IS NOT NULL) EXECUTE FUNCTION box_office_is_append_only();
CREATE TRIGGER box_office_cashsession_kept BEFORE DELETE ON box_office_cashsession
FOR EACH ROW EXECUTE FUNCTION box_office_is_append_only();
CREATE TRIGGER box_office_cashmovement_append_only BEFORE UPDATE OR DELETE ON box_office_cashmovement
FOR EACH ROW EXECUTE FUNCTION box_office_is_append_only();
CREATE TRIGGER box_office_cashmovement_open BEFORE INSERT ON box_office_cashmovement
FOR EACH ROW EXECUTE FUNCTION box_office_session_is_open();
CREATE TRIGGER box_office_tender_append_only BEFORE UPDATE OR DELETE ON box_office_tender
FOR EACH ROW EXECUTE FUNCTION box_office_is_append_only();
CREATE TRIGGER box_office_tender_open BEFORE INSERT ON box_office_tender
FOR EACH ROW EXECUTE FUNCTION box_office_session_is_open();
"""
REMOVE = """
DROP TRIGGER box_office_cashsession_closed ON box_office_cashsession;
DROP TRIGGER box_office_cashsession_kept ON box_office_cashsession;
DROP TRIGGER box_office_cashmovement_append_only ON box_office_cashmovement;
DROP TRIGGER box_office_cashmovement_open ON box_office_cashmovement;
DROP TRIGGER box_office_tender_append_only ON box_office_tender;
DROP TRIGGER box_office_tender_open ON box_office_tender;
DROP FUNCTION box_office_session_is_open();
DROP FUNCTION box_office_is_append_only();
"""


def add(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(ADD, params=None)


def remove(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(REMOVE)


class Migration(migrations.Migration):
    dependencies = [("box_office", "0001_initial")]
    operations = [migrations.RunPython(add, remove)]
