"""Bookings at the API."""

from bookings.views.bookings import BookingViewSet
from bookings.views.promo_codes import PromoCodeViewSet
from bookings.views.provider import ProviderEventView, SandboxActionView
from bookings.views.show_cancellation import ShowCancellationViewSet

__all__ = [
    "BookingViewSet",
    "PromoCodeViewSet",
    "ProviderEventView",
    "SandboxActionView",
    "ShowCancellationViewSet",
]
