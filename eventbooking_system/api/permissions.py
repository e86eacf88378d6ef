"""Permission classes of the API."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, DjangoModelPermissions
from rest_framework.request import Request


class StaffPermission(DjangoModelPermissions):
    """Allows staff who have the method's Django permission on the view's model."""

    perms_map = {
        **DjangoModelPermissions.perms_map,
        "GET": ["%(app_label)s.view_%(model_name)s"],
        "HEAD": ["%(app_label)s.view_%(model_name)s"],
    }

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(request.user.is_staff) and super().has_permission(request, view)


class StaffPermissionOrReadOnly(StaffPermission):
    """Lets anyone read, and staff with the permission write."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.method in SAFE_METHODS or super().has_permission(request, view)
