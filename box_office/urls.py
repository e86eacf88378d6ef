from django.urls import re_path
from rest_framework.routers import SimpleRouter

from box_office.views import CashSessionViewSet, SaleViewSet

router = SimpleRouter()
router.register("cash-sessions", CashSessionViewSet, basename="cash-session")
router.register("sales", SaleViewSet, basename="sale")

urlpatterns = [
    *router.urls,
    # The name of a file, and so without a slash.
    re_path(
        r"^cash-sessions/(?P<pk>[0-9]{1,19})/report\.pdf$",
        CashSessionViewSet.as_view({"get": "report_pdf"}),
    ),
]
