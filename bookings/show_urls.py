"""The paths below shows that bookings add."""

from django.urls import re_path

from bookings.check_in.views import ShowDoorViewSet
from bookings.views import ShowCancellationViewSet

urlpatterns = [
    re_path(r"^(?P<pk>[0-9]{1,19})/cancel/$", ShowCancellationViewSet.as_view({"post": "create"})),
    re_path(r"^(?P<pk>[0-9]{1,19})/check-in-bundle/$", ShowDoorViewSet.as_view({"get": "bundle"})),
    re_path(r"^(?P<pk>[0-9]{1,19})/check-in/sync/$", ShowDoorViewSet.as_view({"post": "sync"})),
]
