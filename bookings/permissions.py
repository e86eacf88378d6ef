"""
Permissions of staff on bookings, tickets and shows.

Customers need none. They see their own bookings (`BookingViewSet.get_queryset`), and the tickets
that somebody passed on to them (`selectors.held_tickets`). The link in a mail opens one booking and
its exchanges.
"""

from typing import Any, ClassVar

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from users.permissions import HasFreshSecondFactor


class StaffWith(BasePermission):
    """Staff with one model permission."""

    permission: ClassVar[str]

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(request.user.is_staff) and request.user.has_perm(self.permission)


class MayCancelShows(StaffWith):
    """Staff who may change shows."""

    permission = "shows.change_show"


class MayReseat(StaffWith):
    """Staff who may change tickets."""

    permission = "bookings.change_ticket"


class MayCheckIn(StaffWith):
    """Staff at the door. This permission does not issue tickets again."""

    permission = "bookings.check_in_ticket"


class MaySeeDoorList(BasePermission):
    """Staff at the door, and staff who may view bookings."""

    def has_permission(self, request: Request, view: Any) -> bool:
        user = request.user
        needed = ("bookings.check_in_ticket", "bookings.view_booking")
        return bool(user.is_staff) and any(user.has_perm(permission) for permission in needed)


class MayUndoCheckIn(StaffWith):
    """Staff with the separate permission to undo check-ins."""

    permission = "bookings.undo_check_in"


class MayReachAllBookings(BasePermission):
    """
    Staff who may use an action on the bookings of all customers.

    An action that is not listed reaches only the caller's own bookings. A ticket's code or payload
    admits its bearer, so the permission to view bookings does not include tickets. An action that
    refunds money needs a fresh second factor.
    """

    needed: ClassVar[dict[str, str]] = {
        **dict.fromkeys(
            ["list", "retrieve", "by_reference", "calendar", "export", "resend"],
            "bookings.view_booking",
        ),
        "cancel": "bookings.change_booking",
        "exchange": "bookings.change_booking",
        "pay": "bookings.change_booking",
        "payments": "bookings.view_payment",
        "reissue": "bookings.change_ticket",
        "tickets": "bookings.view_ticket",
        "tickets_pdf": "bookings.view_ticket",
        "ticket_qr": "bookings.view_ticket",
        "transfer": "bookings.change_ticket",
        "withdraw": "bookings.change_ticket",
    }
    move_money = ("cancel", "exchange")

    def has_permission(self, request: Request, view: Any) -> bool:
        user, permission = request.user, self.needed.get(view.action)
        if permission is None or not (user.is_staff and user.has_perm(permission)):
            return False
        is_safe = view.action not in self.move_money
        return is_safe or HasFreshSecondFactor().has_permission(request, view)
