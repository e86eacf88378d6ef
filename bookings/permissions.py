"""Who may do what with bookings."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request


class MayCancelShows(BasePermission):
    """Staff who may change shows."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(request.user.is_staff) and request.user.has_perm("shows.change_show")


class MayCheckIn(BasePermission):
    """Staff who may change tickets."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(request.user.is_staff) and request.user.has_perm("bookings.change_ticket")


class MayUndoCheckIn(BasePermission):
    """Staff with a permission of its own for it."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(request.user.is_staff) and request.user.has_perm("bookings.undo_check_in")
