from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("venues", "0003_plans_into_layouts")]

    operations = [migrations.RemoveField("screen", "document")]
