from django.urls import re_path
from rest_framework.routers import SimpleRouter

from venues.views import HouseSeatsViewSet, ScreenViewSet, VenueViewSet

router = SimpleRouter()
# At most 18 digits: SQLite cannot compare a foreign key with more than 64 bits.
router.register(r"(?P<venue_id>[0-9]{1,18})/screens", ScreenViewSet, basename="screen")
router.register("", VenueViewSet, basename="venue")

urlpatterns = [
    re_path(
        r"^(?P<venue_id>[0-9]{1,18})/screens/(?P<screen_id>[0-9]{1,18})/house-seats/$",
        HouseSeatsViewSet.as_view({"get": "retrieve", "put": "update"}),
    ),
    *router.urls,
]
