from typing import Any

from django.core.management.base import BaseCommand

from users.services import delete_expired_logins


class Command(BaseCommand):
    """The command to run once a day."""

    help = "Delete expired logins, tokens, login failures and known networks. Run it daily."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{delete_expired_logins()} logins deleted.")
