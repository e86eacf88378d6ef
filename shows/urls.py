from django.urls import re_path
from rest_framework.routers import SimpleRouter

from shows.views import ShowViewSet

router = SimpleRouter()
router.register("", ShowViewSet, basename="show")

urlpatterns = [
    # A file's name, and so without a slash.
    re_path(r"^(?P<pk>[0-9]{1,19})/calendar\.ics$", ShowViewSet.as_view({"get": "calendar"})),
    *router.urls,
]
