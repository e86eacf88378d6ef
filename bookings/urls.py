from django.urls import include, path, re_path
from rest_framework.routers import SimpleRouter

from bookings.reseating.views import ReseatViewSet
from bookings.views import (
    BookingViewSet,
    PromoCodeViewSet,
    ProviderEventView,
    SandboxActionView,
)

router = SimpleRouter()
router.register("", BookingViewSet, basename="booking")
router.register("promo-codes", PromoCodeViewSet, basename="promo-code")

urlpatterns = [
    *router.urls,
    path("webhooks/<slug:provider>/", ProviderEventView.as_view()),
    path("sandbox/<slug:client_secret>/", SandboxActionView.as_view()),
    path("check-in/", include("bookings.check_in.urls")),
    # These paths are file names, so they end without a slash.
    re_path(r"^(?P<pk>[0-9]{1,19})/calendar\.ics$", BookingViewSet.as_view({"get": "calendar"})),
    re_path(r"^(?P<pk>[0-9]{1,19})/tickets\.pdf$", BookingViewSet.as_view({"get": "tickets_pdf"})),
    re_path(
        r"^(?P<pk>[0-9]{1,19})/tickets/(?P<ticket_id>[0-9]{1,19})/reseat/$",
        ReseatViewSet.as_view({"post": "create"}),
    ),
    re_path(
        r"^(?P<pk>[0-9]{1,19})/tickets/(?P<ticket_id>[0-9]{1,19})/qr\.svg$",
        BookingViewSet.as_view({"get": "ticket_qr"}),
    ),
    re_path(
        r"^transfers/(?P<ticket_id>[0-9]{1,19})/ticket\.pdf$",
        BookingViewSet.as_view({"get": "held_ticket_pdf"}),
    ),
    re_path(
        r"^transfers/(?P<ticket_id>[0-9]{1,19})/qr\.svg$",
        BookingViewSet.as_view({"get": "held_ticket_qr"}),
    ),
]
