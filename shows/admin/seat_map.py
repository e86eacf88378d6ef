"""The seat map at the admin site, where staff block seats."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, re_path

from shows import selectors
from shows.models import Show
from shows.pages.serving import CONTENT_SECURITY_POLICY


class SeatMapPage(admin.ModelAdmin):
    """
    A page with the seats and the booking or block of each.

    Its script blocks and unblocks seats through the API, which checks the permission again.
    """

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            re_path(r"^([0-9]{1,18})/hall/$", view(self.hall_view), name="shows_show_hall"),
            re_path(
                r"^([0-9]{1,18})/hall/claims/$", view(self.claims_view), name="shows_show_claims"
            ),
            *super().get_urls(),
        ]

    def hall_view(self, request: HttpRequest, show_id: str) -> HttpResponse:
        show = self._viewed(request, show_id)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Seats: {show}",
            "show": show,
            "may_block": self.has_change_permission(request, show),
            **self.about_sitters(request),
        }
        response = TemplateResponse(request, "admin/shows/show/hall.html", context)
        # Forms of the admin site, such as the one to log out, must work.
        policy = CONTENT_SECURITY_POLICY.replace("form-action 'none'", "form-action 'self'")
        response["Content-Security-Policy"] = policy
        return response

    def claims_view(self, request: HttpRequest, show_id: str) -> JsonResponse:
        show = self._viewed(request, show_id)
        may_see = request.user.has_perm("bookings.view_booking")
        claims = selectors.claims_of(show, with_bookings=may_see)
        for seat_id, sitter in (self.sitters(show) if may_see else {}).items():
            # Read after the claims, so the booking may be a newer one.
            if claims.get(seat_id, {}).get("booking") == sitter["reference"]:
                claims[seat_id]["sitter"] = sitter
        return JsonResponse(claims)

    def about_sitters(self, request: HttpRequest) -> dict[str, Any]:
        """Return what the page needs to give people other seats. Another app knows."""
        return {}

    def sitters(self, show: Show) -> dict[int, dict[str, Any]]:
        """Return the ticket of each booked seat, by the seat's id. Another app knows them."""
        return {}

    def _viewed(self, request: HttpRequest, show_id: str) -> Show:
        shows = Show.objects.select_related("event", "screen__venue")
        show = get_object_or_404(shows, pk=show_id)
        if not self.has_view_permission(request, show):
            raise PermissionDenied
        return show
