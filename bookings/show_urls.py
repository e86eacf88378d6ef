"""The paths below shows that bookings add."""

from django.urls import re_path

from bookings.check_in.door_views import DoorListViewSet
from bookings.check_in.views import ShowDoorViewSet
from bookings.reseating.views import ReseatViewSet, ShowMoveViewSet
from bookings.views import ShowCancellationViewSet

urlpatterns = [
    re_path(r"^(?P<pk>[0-9]{1,19})/cancel/$", ShowCancellationViewSet.as_view({"post": "create"})),
    re_path(r"^(?P<pk>[0-9]{1,19})/move/$", ShowMoveViewSet.as_view({"post": "create"})),
    re_path(r"^(?P<pk>[0-9]{1,19})/swap-seats/$", ReseatViewSet.as_view({"post": "swap"})),
    re_path(r"^(?P<pk>[0-9]{1,19})/check-in-bundle/$", ShowDoorViewSet.as_view({"get": "bundle"})),
    re_path(r"^(?P<pk>[0-9]{1,19})/check-in/find/$", DoorListViewSet.as_view({"get": "find"})),
    # These paths are file names, so they end without a slash.
    re_path(r"^(?P<pk>[0-9]{1,19})/door-list\.pdf$", DoorListViewSet.as_view({"get": "pdf"})),
    re_path(r"^(?P<pk>[0-9]{1,19})/door-list\.csv$", DoorListViewSet.as_view({"get": "csv"})),
    re_path(r"^(?P<pk>[0-9]{1,19})/check-in/sync/$", ShowDoorViewSet.as_view({"post": "sync"})),
]
