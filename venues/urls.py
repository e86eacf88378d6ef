from rest_framework.routers import SimpleRouter

from venues.views import ScreenViewSet, VenueViewSet

router = SimpleRouter()
# At most 18 digits: SQLite cannot compare a foreign key with more than 64 bits.
router.register(r"(?P<venue_id>[0-9]{1,18})/screens", ScreenViewSet, basename="screen")
router.register("", VenueViewSet, basename="venue")

urlpatterns = router.urls
