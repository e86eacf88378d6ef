from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from users import services
from users.addresses import lookup_address
from users.models import User


class Command(BaseCommand):
    """The removal of a lost second factor, for superusers without recovery codes."""

    help = "Remove the second factor of an account, and end its logins."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        user = User.objects.filter(email=lookup_address(email), is_active=True).first()
        if user is None:
            raise CommandError("No active account has this e-mail.")
        services.remove_second_factor(user=user)
        services.end_logins(users=User.objects.filter(pk=user.pk))
        self.stdout.write("The second factor is removed, and the account's logins have ended.")
