"""Events and genres at the admin site."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from simple_history.utils import bulk_update_with_history

from eventbooking_system.admin import RelatedById, StrictAdmin, StrictHistoryAdmin
from events.models import Event, Genre
from events.services import promo_codes_for


@admin.register(Genre)
class GenreAdmin(StrictAdmin):
    list_display = ["name", "event_count"]
    search_fields = ["name_folded"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Genre]:
        return super().get_queryset(request).annotate(event_count=Count("events"))

    @admin.display(description="events", ordering="event_count")
    def event_count(self, genre: Genre) -> int:
        return genre.event_count


@admin.register(Event)
class EventAdmin(RelatedById, StrictHistoryAdmin):
    list_display = ["title", "kind", "language", "duration_minutes", "release_date", "is_published"]
    list_filter = ["is_published", "kind", "genres"]
    search_fields = ["title_folded", "text_folded"]
    date_hierarchy = "release_date"
    prepopulated_fields = {"slug": ["title"]}
    autocomplete_fields = ["genres"]
    actions = ["publish", "unpublish"]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}

    def get_deleted_objects(
        self, objs: Sequence[Event], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """Protect events that promo codes are for, as the service does."""
        deleted, counts, missing, protected = super().get_deleted_objects(objs, request)
        codes = promo_codes_for([event.pk for event in objs])
        return deleted, counts, missing, [*protected, *(f"promo code {code}" for code in codes)]

    @admin.action(description="Publish", permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Event]) -> None:
        self._set_published(request, queryset, is_published=True)

    @admin.action(description="Unpublish", permissions=["change"])
    def unpublish(self, request: HttpRequest, queryset: QuerySet[Event]) -> None:
        self._set_published(request, queryset, is_published=False)

    def _set_published(
        self, request: HttpRequest, queryset: QuerySet[Event], *, is_published: bool
    ) -> None:
        events = list(queryset.exclude(is_published=is_published))
        for event in events:
            event.is_published = is_published
        bulk_update_with_history(events, Event, ["is_published"], default_user=request.user)
        done = "published" if is_published else "unpublished"
        messages.success(request, f"{len(events)} events {done}.")
