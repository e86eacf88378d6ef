"""Stamps of passwords that the database can compute, too. Nobody is logged out."""

import hashlib
from typing import Any

from django.db import migrations
from django.utils.crypto import salted_hmac

_OLD_SALT = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"


def stamp_again(apps: Any, schema_editor: Any) -> None:
    sessions = apps.get_model("users", "LoginSession").objects.filter(ended_at=None)
    changed = []
    for session in sessions.select_related("user"):
        password = session.user.password
        if session.password_stamp == salted_hmac(_OLD_SALT, password, algorithm="sha256").hexdigest():
            session.password_stamp = hashlib.sha256(password.encode()).hexdigest()
            changed.append(session)
    sessions.bulk_update(changed, ["password_stamp"], batch_size=1000)


class Migration(migrations.Migration):
    dependencies = [("users", "0002_language_and_sms_consent")]

    operations = [migrations.RunPython(stamp_again, migrations.RunPython.noop)]
