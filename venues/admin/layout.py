"""A screen's hall at the admin site: drawn, changed and replaced."""

import json
from io import BytesIO
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from rest_framework.exceptions import ParseError

from eventbooking_system.api.json import StrictJSONParser
from eventbooking_system.errors import DomainError, InUse, InvalidField
from venues import services
from venues.layouts import ParsedLayout, is_chart, plan_of_chart, read_layout
from venues.models import Layout, Screen

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


class LayoutForm(forms.Form):
    """A layout as text, parsed as strictly as at the API."""

    document = forms.CharField(
        label="Layout",
        widget=forms.Textarea(attrs={"rows": 20, "cols": 100, "spellcheck": "false"}),
    )
    new_version = forms.BooleanField(
        required=False,
        label="Make a new version for shows that are scheduled later. Existing shows keep their seats.",
    )

    def clean_document(self) -> Any:
        try:
            return _parsed(self.cleaned_data["document"].encode())
        except ParseError as error:
            raise forms.ValidationError(str(error.detail), "invalid") from error


class LayoutPage(admin.ModelAdmin):
    """
    A page that draws a hall and the effects of a change.

    Its scripts save a layout through the API. Without scripts, a form takes the layout as text.
    """

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:screen_id>/layout/", view(self.layout_view), name="venues_screen_layout"),
            path(
                "<int:screen_id>/layout/preview/",
                view(self.preview_view),
                name="venues_screen_layout_preview",
            ),
            *super().get_urls(),
        ]

    def layout_view(self, request: HttpRequest, screen_id: int) -> HttpResponse:
        screen = self._changed(request, screen_id)
        form = LayoutForm(request.POST or None, initial={"document": _written(screen.layout)})
        if form.is_valid() and _replace_layout(form, screen):
            messages.success(request, f"The layout of {screen} was replaced.")
            return redirect("admin:venues_screen_change", screen.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": screen,
            "form": form,
            "has_layout": screen.layout_id is not None,
            "title": f"Hall: {screen}",
        }
        response = TemplateResponse(request, "admin/venues/screen/layout.html", context)
        response["Content-Security-Policy"] = _POLICY
        return response

    def preview_view(self, request: HttpRequest, screen_id: int) -> HttpResponse:
        """
        Answer with a layout's seats, and the effects of saving it.

        A chart of seats.io is turned into a seating plan first. Nothing is written.
        """
        screen = self._changed(request, screen_id)
        try:
            sent = _parsed(request.body)
        except ParseError as error:
            raise InvalidField("document", str(error.detail)) from error
        if not isinstance(sent, dict) or "document" not in sent:
            raise InvalidField("document", "This field is required.", "required")
        document, left_out = sent["document"], []
        if is_chart(document):
            document, left_out = plan_of_chart(document)
        layout = read_layout(document)
        return JsonResponse(
            {
                "document": document,
                "warnings": [*left_out, *layout.warnings],
                **_drawn(layout),
                "change": _change(screen, document, new_version=sent.get("new_version") is True),
            }
        )

    def _changed(self, request: HttpRequest, screen_id: int) -> Screen:
        screens = Screen.objects.select_related("venue", "layout")
        screen = get_object_or_404(screens, pk=screen_id)
        if not self.has_change_permission(request, screen):
            raise PermissionDenied
        return screen


def _parsed(text: bytes) -> Any:
    return StrictJSONParser().parse(BytesIO(text))


def _drawn(layout: ParsedLayout) -> dict[str, Any]:
    """Return the seats and areas in the shape of a seat map."""
    return {
        "categories": [{"name": each.name, "color": each.color} for each in layout.categories],
        "areas": [
            {**area.drawing, "category": area.category, "capacity": area.capacity}
            for area in layout.areas
        ],
        "seats": [
            {
                "id": index,
                "section": seat.section,
                "row": seat.row,
                "number": seat.number,
                "category": seat.category,
                "x": seat.x,
                "y": seat.y,
                "accessible": seat.accessible,
                "companion": seat.companion,
                "restricted_view": seat.restricted_view,
                "couple": seat.couple,
                "guid": seat.guid,
            }
            for index, seat in enumerate(layout.seats)
        ],
    }


def _change(screen: Screen, document: Any, *, new_version: bool) -> dict[str, Any]:
    """Return the number of changed seats or the refusal, and of shows."""
    coming = screen.shows.filter(status="scheduled", end_time__gt=Now()).count()
    try:
        done = services.replace_layout(
            screen_id=screen.pk, document=document, new_version=new_version, dry_run=True
        )
    except InUse as refusal:
        return {"coming_shows": coming, "in_use": {"detail": refusal.detail, **refusal.members}}
    return {
        "coming_shows": coming,
        "seats": done.seats,
        "added": done.added,
        "changed": done.changed,
        "removed": done.removed,
        "set_aside": done.set_aside,
    }


def _replace_layout(form: LayoutForm, screen: Screen) -> bool:
    try:
        services.replace_layout(screen_id=screen.pk, **form.cleaned_data)
    except DomainError as refusal:
        faults = refusal.members.get("errors", [{"field": "", "detail": refusal.detail}])
        for fault in faults:
            place = f"{fault['field']}: " if fault["field"] else ""
            form.add_error("document", f"{place}{fault['detail']}")
        return False
    return True


def _written(layout: Layout | None) -> str:
    return "" if layout is None else json.dumps(layout.document, ensure_ascii=False)
