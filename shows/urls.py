from django.urls import re_path
from rest_framework.routers import SimpleRouter

from shows.views import (
    CapacityViewSet,
    PriceListViewSet,
    PriceWindowViewSet,
    ProgrammeViewSet,
    ShowViewSet,
    TicketTypeViewSet,
)

router = SimpleRouter()
router.register("ticket-types", TicketTypeViewSet, basename="ticket-type")
router.register("price-lists", PriceListViewSet, basename="price-list")
router.register("price-windows", PriceWindowViewSet, basename="price-window")
router.register("", CapacityViewSet, basename="capacity")
router.register("", ProgrammeViewSet, basename="programme")
router.register("", ShowViewSet, basename="show")

urlpatterns = [
    # The path is the name of a file, so it has no slash at its end.
    re_path(r"^(?P<pk>[0-9]{1,19})/calendar\.ics$", ShowViewSet.as_view({"get": "calendar"})),
    *router.urls,
]
