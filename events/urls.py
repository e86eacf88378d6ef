from rest_framework.routers import SimpleRouter

from events.views import EventViewSet, GenreViewSet

router = SimpleRouter()
router.register("genres", GenreViewSet, basename="genre")
router.register("", EventViewSet, basename="event")

urlpatterns = router.urls
