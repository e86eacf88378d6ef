from typing import Any

from django.core.management.base import BaseCommand

from users.services import delete_expired_logins


class Command(BaseCommand):
    help = (
        "Delete logins and records of tokens that have expired. Run it daily; nothing waits for it."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{delete_expired_logins()} logins deleted.")
