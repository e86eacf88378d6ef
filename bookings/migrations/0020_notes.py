"""Notes about bookings. PostgreSQL refuses to change one, except to empty its text."""
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


ADD = """
CREATE FUNCTION bookings_notes_are_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.text = '' AND NEW.id = OLD.id AND NEW.at = OLD.at
     AND NEW.booking_id = OLD.booking_id AND NEW.by_id = OLD.by_id THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'notes are append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER bookings_bookingnote_append_only BEFORE UPDATE OR DELETE ON bookings_bookingnote
FOR EACH ROW EXECUTE FUNCTION bookings_notes_are_append_only();
"""
REMOVE = """
DROP TRIGGER bookings_bookingnote_append_only ON bookings_bookingnote;
DROP FUNCTION bookings_notes_are_append_only();
"""


def add(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(ADD, params=None)


def remove(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(REMOVE)


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0019_reported_payments'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='BookingNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.CharField(max_length=1000)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('booking', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notes', to='bookings.booking')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-pk'],
                'default_permissions': ('add', 'view'),
            },
        ),
        migrations.RunPython(add, remove),
    ]
