"""Authentication by a mailed link, for operations of one booking."""

from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from bookings import selectors
from bookings.links.tokens import link_of_token
from bookings.models import BookingLink
from users.authentication import SessionTokenScheme, refusal_of_token
from users.models import User


class LinkAuthentication(BaseAuthentication):
    """
    The customer of a mailed link's session, with the link as `request.auth`.

    A view that accepts it must select the link's booking only, and must give no rights of staff.
    """

    def authenticate(self, request: Request) -> tuple[User, BookingLink] | None:
        scheme, _, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        link_id = link_of_token(text.strip()) if scheme.lower() == "bearer" else None
        if link_id is None:
            return None
        link = selectors.live_link(link_id)
        if link is None:
            raise refusal_of_token(request)
        return link.booking.user, link


class LinkTokenScheme(SessionTokenScheme):
    """The description of this authentication in the OpenAPI document."""

    target_class = LinkAuthentication
    name = "bookingToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        definition = super().get_security_definition(auto_schema)
        return {**definition, "description": "The `access` of `POST /api/bookings/open/`."}
