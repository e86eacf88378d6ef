"""Limits of requests that are costly or that guess."""

from eventbooking_system.api.throttles import NetworkThrottle, UserRateThrottle


class PublicPasswordThrottle(NetworkThrottle):
    """THROTTLE_PASSWORDS as well, for requests without a login that hash a password."""

    scopes = ("anon", "passwords")


class RegistrationThrottle(NetworkThrottle):
    """THROTTLE_REGISTRATIONS as well, for registrations, whether they succeed or not."""

    scopes = ("anon", "passwords", "registrations")


class OwnPasswordThrottle(UserRateThrottle):
    """THROTTLE_PASSWORDS as well, for requests of a user that hash a password."""

    scopes = ("user", "passwords")


class ExportThrottle(UserRateThrottle):
    """THROTTLE_EXPORTS as well, for exports of all data of a person."""

    scopes = ("user", "exports")
