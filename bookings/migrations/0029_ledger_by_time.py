from django.db import migrations, models

INDEX = models.Index(fields=["at"], name="bookings_ledgerentry_at")


def create(apps, schema_editor):
    """Create the index while bookings go on, however long it takes. An attempt that was cut off is repeated."""
    entries = apps.get_model("bookings", "LedgerEntry")
    if schema_editor.connection.vendor != "postgresql":
        schema_editor.add_index(entries, INDEX)
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("SET lock_timeout = 0")
        cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {INDEX.name}")
        cursor.execute(str(INDEX.create_sql(entries, schema_editor, concurrently=True)))
        cursor.execute("RESET statement_timeout")
        cursor.execute("RESET lock_timeout")


def drop(apps, schema_editor):
    schema_editor.remove_index(apps.get_model("bookings", "LedgerEntry"), INDEX)


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ("bookings", "0028_refunds_in_doubt"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(create, drop)],
            state_operations=[migrations.AddIndex(model_name="ledgerentry", index=INDEX)],
        ),
    ]
