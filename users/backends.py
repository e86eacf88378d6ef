"""The login of the admin."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from eventbooking_system.server.request_context import client_network
from users.models import User
from users.services import check_credentials


class GuardedModelBackend(ModelBackend):
    """Django's backend with the locks against guessing that the API has."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **_: Any,
    ) -> User | None:
        if request is None or username is None or password is None:
            return None
        return check_credentials(email=username, password=password, network=client_network(request))
