"""Permissions that depend on the login."""

from typing import Any

from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request

from users.errors import AccountRequired


class IsStaff(BasePermission):
    """Staff, whether or not they have used their second factor."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(request.user.is_authenticated and request.user.is_staff)


class HasAccount(IsAuthenticated):
    """A login of an account. Raises AccountRequired for a guest."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not super().has_permission(request, view):
            return False
        if request.user.is_guest:
            raise AccountRequired
        return True


class HasVerifiedAccount(HasAccount):
    """A login of an account with a confirmed address. Raises AccountRequired."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not super().has_permission(request, view):
            return False
        if request.user.email_verified_at is None:
            raise AccountRequired
        return True


class HasFreshSecondFactor(BasePermission):
    """
    Permission for actions that move money.

    Staff with a second factor must have used it lately. Raises SecondFactorRequired. Customers, and
    staff who need no second factor, pass.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        if request.user.is_authenticated:
            request.user.refuse_stale_second_factor()
        return True
