"""Every path of the system."""

from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import (
    SpectacularRedocView,
    SpectacularSwaggerSplitView,
)

from eventbooking_system import problems
from eventbooking_system.api import documentation
from eventbooking_system.api.config import ConfigView
from eventbooking_system.server import health

# The documentation pages have no template for DRF's answer to OPTIONS.
READ_ONLY = {"http_method_names": ["get", "head"]}

urlpatterns = [
    # First, because most requests are for these.
    path("api/bookings/", include("bookings.urls")),
    # Before the shows, because `bookings` owns the path that cancels a show.
    path("api/shows/", include("bookings.show_urls")),
    path("api/shows/", include("shows.urls")),
    path("api/config/", ConfigView.as_view()),
    path("healthz/", health.healthz),
    path("readyz/", health.readyz),
    path("metrics/", include("bookings.metrics_urls")),
    path("admin/", include("users.page_urls")),
    path("admin/", admin.site.urls),
    path("api/schema/", documentation.SchemaView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(**READ_ONLY), name="swagger"),
    path(
        "api/redoc/",
        SpectacularRedocView.as_view(template_name="redoc.html", **READ_ONLY),
        name="redoc",
    ),
    path("api/redoc/redoc.js", documentation.redoc_script, name="redoc-script"),
    path("api/", problems.api_root),
    path("api/problems/", problems.index),
    path("api/problems/<slug:slug>/", problems.page),
    path("api/box-office/", include("box_office.urls")),
    path("api/reports/", include("reports.urls")),
    path("api/users/", include("users.urls")),
    path("api/events/", include("events.urls")),
    path("api/venues/", include("venues.urls")),
    path("media/", include("events.page_urls")),
    path("check-in/", include("bookings.check_in.page_urls")),
    path("box-office/", include("box_office.page_urls")),
    path("", include("shows.page_urls")),
    re_path(r"", problems.not_found),
]
