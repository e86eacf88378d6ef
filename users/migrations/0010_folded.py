from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("users", "0009_phone_codes")]

    operations = [
        migrations.AddField(
            "user",
            "name_folded",
            models.TextField(db_default="", default="", editable=False),
        )
    ]
