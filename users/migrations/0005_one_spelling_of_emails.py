import users.names
from django.db import migrations, models

from users.addresses import lookup_address


def store_one_spelling(apps, schema_editor):
    """
    Store international domains of addresses in ASCII.

    An address stays as it is if two accounts would have the same one otherwise.
    """
    users = apps.get_model("users", "User").objects
    for pk, email in list(users.values_list("pk", "email").iterator()):
        address = email if email.isascii() else lookup_address(email)
        if address != email and not users.filter(email=address).exists():
            users.filter(pk=pk).update(email=address)


class Migration(migrations.Migration):

    dependencies = [("users", "0004_login_failures")]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="first_name",
            field=models.CharField(blank=True, max_length=100, validators=[users.names.validate_name]),
        ),
        migrations.AlterField(
            model_name="user",
            name="last_name",
            field=models.CharField(blank=True, max_length=100, validators=[users.names.validate_name]),
        ),
        migrations.RunPython(store_one_spelling, migrations.RunPython.noop),
    ]
