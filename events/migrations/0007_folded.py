from django.db import migrations, models


def _text():
    return models.TextField(db_default="", default="", editable=False)


class Migration(migrations.Migration):
    dependencies = [("events", "0006_capitals")]

    operations = [
        migrations.AddField("event", "title_folded", _text()),
        migrations.AddField("event", "text_folded", _text()),
        migrations.AddField("genre", "name_folded", _text()),
        # The columns stay in the database as long as older processes read them.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveField("event", "text_capitals"),
                migrations.RemoveField("event", "title_capitals"),
            ]
        ),
    ]
