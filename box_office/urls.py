from django.urls import re_path
from rest_framework.routers import SimpleRouter

from box_office.views import CashSessionViewSet, CounterBookingViewSet, SaleViewSet

router = SimpleRouter()
router.register("cash-sessions", CashSessionViewSet, basename="cash-session")
router.register("bookings", CounterBookingViewSet, basename="counter-booking")
router.register("sales", SaleViewSet, basename="sale")

urlpatterns = [
    *router.urls,
    # These paths are file names, so they end without a slash.
    re_path(
        r"^bookings/(?P<pk>[0-9]{1,19})/tickets\.pdf$",
        CounterBookingViewSet.as_view({"get": "tickets_pdf"}),
    ),
    re_path(
        r"^bookings/(?P<pk>[0-9]{1,19})/receipt\.pdf$",
        CounterBookingViewSet.as_view({"get": "receipt_pdf"}),
    ),
    re_path(
        r"^cash-sessions/(?P<pk>[0-9]{1,19})/report\.pdf$",
        CashSessionViewSet.as_view({"get": "report_pdf"}),
    ),
]
