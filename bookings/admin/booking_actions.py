"""
Actions on one booking, which its page at the admin site offers.

A module adds an action with `register_booking_action` when it is imported. The page of a booking
links to the actions that its state and the permissions of the staff member allow.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, re_path, reverse

from bookings.admin.columns import change_url
from bookings.models import Booking
from eventbooking_system.errors import DomainError


def is_live(booking: Booking) -> bool:
    """Tell whether a booking is pending or confirmed. It needs `with_live_status`."""
    return booking.live_status in (Booking.Status.PENDING, Booking.Status.CONFIRMED)


def is_confirmed(booking: Booking) -> bool:
    return booking.live_status == Booking.Status.CONFIRMED


@dataclass(frozen=True)
class BookingAction:
    """
    One thing that staff can do with a booking.

    `view` gets the request and the booking. It answers GET with a preview and does the work on POST.
    A refusal (DomainError) that it raises becomes a message on the booking's page. An action that is
    `immediate` has no page: its button posts at once. The list leaves out an action that has its own
    place on the booking's page. An action that `moves_money` needs a fresh second factor.
    """

    name: str
    label: str
    permission: str
    view: Callable[[HttpRequest, Booking], HttpResponse | None]
    is_offered: Callable[[Booking], bool] = is_live
    immediate: bool = False
    moves_money: bool = False
    in_own_place: bool = False


_actions: dict[str, BookingAction] = {}


def register_booking_action(action: BookingAction) -> None:
    """Register an action for the pages of bookings."""
    _actions[action.name] = action


def action_url(booking: Booking, name: str) -> str:
    return reverse("admin:bookings_booking_action", args=[booking.pk, name])


def preview(
    request: HttpRequest,
    booking: Booking,
    *,
    title: str,
    question: str,
    yes: str,
    head: Sequence[str] = (),
    rows: Sequence[Sequence[Any]] = (),
    form: forms.BaseForm | None = None,
    error: str = "",
) -> TemplateResponse:
    """
    Return an action's page: the effects, a form, and a button.

    The button sends `post=yes`. A form whose choices change the preview also gets a second button,
    which sends `preview=yes`, if it has the attribute `has_preview`.
    """
    context = {
        **admin.site.each_context(request),
        "opts": Booking._meta,
        "original": booking,
        "title": title,
        "question": question,
        "yes": yes,
        "head": head,
        "rows": rows,
        "form": form,
        "error": error,
        "back": change_url(booking),
    }
    return TemplateResponse(request, "admin/bookings/booking/action.html", context)


class BookingActionsMixin:
    """A mixin for BookingAdmin, with the pages of registered actions."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.booking_action_view)
        route = r"^([0-9]{1,18})/do/([a-z-]+)/$"
        return [re_path(route, view, name="bookings_booking_action"), *super().get_urls()]

    def booking_action_view(self, request: HttpRequest, booking_id: str, name: str) -> HttpResponse:
        action = _actions.get(name)
        if action is None:
            raise Http404
        if not self.has_view_permission(request) or not request.user.has_perm(action.permission):
            raise PermissionDenied
        if action.moves_money:
            request.user.refuse_stale_second_factor()
        booking = get_object_or_404(self.get_queryset(request), pk=booking_id)
        if action.immediate and request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not action.is_offered(booking):
            text = f"{action.label}: not for a booking that is {booking.live_status}."
            messages.error(request, text)
            return redirect(change_url(booking))
        try:
            answer = action.view(request, booking)
        except DomainError as refusal:
            messages.error(request, refusal.detail)
            answer = None
        return answer or redirect(change_url(booking))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        booking = context["original"]
        if booking is not None:
            context["booking_actions"] = [
                {"label": each.label, "url": action_url(booking, each.name), "immediate": each.immediate}
                for each in _actions.values()
                if not each.in_own_place
                and request.user.has_perm(each.permission)
                and each.is_offered(booking)
            ]  # fmt: skip
        return super().render_change_form(request, context, *args, **kwargs)
