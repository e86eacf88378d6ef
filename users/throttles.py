"""Limits of requests that are costly or that guess."""

from rest_framework.request import Request

from eventbooking_system.api.throttles import AnonRateThrottle, UserRateThrottle
from eventbooking_system.server.request_context import client_network


class NetworkThrottle(AnonRateThrottle):
    """THROTTLE_ANON by the client's network, whether or not the request has a login."""

    def who(self, request: Request) -> str:
        return client_network(request)


class PublicPasswordThrottle(NetworkThrottle):
    """THROTTLE_PASSWORDS as well, for requests without a login that hash a password."""

    scopes = ("anon", "passwords")


class RegistrationThrottle(NetworkThrottle):
    """THROTTLE_REGISTRATIONS as well, for registrations, whether they succeed or not."""

    scopes = ("anon", "passwords", "registrations")


class OwnPasswordThrottle(UserRateThrottle):
    """THROTTLE_PASSWORDS as well, for requests of a user that hash a password."""

    scopes = ("user", "passwords")
