"""How many requests are let through: by the customer, or without a login by the client's address."""

from typing import Any

from rest_framework import throttling
from rest_framework.request import Request

from eventbooking_system.client import client_address


class _ByAddress:
    def get_ident(self, request: Request) -> str:
        return client_address(request)


class AnonRateThrottle(_ByAddress, throttling.AnonRateThrottle):
    """THROTTLE_ANON, for everyone without a login."""


class UserRateThrottle(_ByAddress, throttling.UserRateThrottle):
    """THROTTLE_USER, for each customer."""

    def allow_request(self, request: Request, view: Any) -> bool:
        return not request.user.is_authenticated or super().allow_request(request, view)


class BookingRateThrottle(UserRateThrottle):
    """THROTTLE_BOOKING, for the POSTs of a view that lists it beside the default throttles."""

    scope = "booking"

    def allow_request(self, request: Request, view: Any) -> bool:
        return request.method != "POST" or super().allow_request(request, view)
