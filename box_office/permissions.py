"""Permissions at the box office."""

from collections.abc import Mapping
from typing import Any

from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from users.models import User
from users.permissions import HasFreshSecondFactor


class MaySell(BasePermission):
    """Staff who sell at the box office."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(request.user.is_staff) and request.user.has_perm("box_office.sell")


def check_may_give_complimentary(seller: User, body: Mapping[str, Any]) -> None:
    """Raise PermissionDenied for complimentary tickets from staff who may not give any."""
    if "complimentary_reason" in body and not seller.has_perm("box_office.give_complimentary"):
        raise PermissionDenied


class MayRefund(BasePermission):
    """Staff who may give money back at the box office."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not (request.user.is_staff and request.user.has_perm("box_office.refund")):
            return False
        return HasFreshSecondFactor().has_permission(request, view)
