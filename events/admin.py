"""Events and genres at the admin site."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models, transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from simple_history.utils import bulk_update_with_history

from eventbooking_system.admin import RelatedById, StrictAdmin, StrictHistoryAdmin
from eventbooking_system.errors import InvalidField
from events.models import Event, Genre
from events.services import (
    PosterImage,
    delete_poster_files,
    draw_poster_sizes,
    promo_codes_for,
    remove_poster,
    set_poster,
)


@admin.register(Genre)
class GenreAdmin(StrictAdmin):
    list_display = ["name", "event_count"]
    search_fields = ["name_folded"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Genre]:
        return super().get_queryset(request).annotate(event_count=Count("events"))

    @admin.display(description="events", ordering="event_count")
    def event_count(self, genre: Genre) -> int:
        return genre.event_count


class EventForm(forms.ModelForm):
    """The form of an event, with the upload of its poster."""

    new_poster = forms.FileField(
        required=False,
        label="Upload a poster",
        help_text="A JPEG, PNG or WebP image of up to 5 MB, best 800 pixels wide or more. It is shown "
        "instead of the address.",
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )
    remove_poster = forms.BooleanField(required=False, label="Remove the uploaded poster")

    def clean_new_poster(self) -> list[PosterImage] | None:
        """Return the drawn sizes of an uploaded poster."""
        file = self.cleaned_data["new_poster"]
        if not file:
            return None
        try:
            return draw_poster_sizes(file.read(), field="new_poster")
        except InvalidField as refusal:
            raise forms.ValidationError(refusal.detail) from refusal


@admin.register(Event)
class EventAdmin(RelatedById, StrictHistoryAdmin):
    form = EventForm
    list_display = ["title", "kind", "language", "duration_minutes", "release_date", "is_published"]
    list_filter = ["is_published", "kind", "genres"]
    search_fields = ["title_folded", "text_folded"]
    date_hierarchy = "release_date"
    prepopulated_fields = {"slug": ["title"]}
    autocomplete_fields = ["genres"]
    actions = ["publish", "unpublish"]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    readonly_fields = ["poster_preview"]

    def get_fieldsets(self, request: HttpRequest, obj: Event | None = None) -> Any:
        # Not an attribute, because Django's check refuses relations with a model between.
        poster = ["poster_preview", "new_poster", "remove_poster", "poster_url"]
        details = [
            "short_title",
            "description",
            "language",
            "certificate",
            "genres",
            "release_date",
            "cast",
            "trailer_url",
        ]
        trade = ["distributor", "national_code"]
        return [
            (None, {"fields": ["kind", "title", "slug", "duration_minutes", "is_published"]}),
            ("Poster", {"fields": poster if obj and obj.poster else poster[1:2] + poster[3:]}),
            ("Details", {"fields": details}),
            ("Distributor", {"fields": trade}),
        ]

    @admin.display(description="poster")
    def poster_preview(self, event: Event) -> str:
        return format_html(
            '<img src="{url}" width="{width}" height="{height}" alt="The poster">',
            **event.poster_sizes[0],
        )

    def save_model(self, request: HttpRequest, obj: Event, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        # Files are written after the transaction of this form, which waits for no storage.
        if images := form.cleaned_data.get("new_poster"):
            transaction.on_commit(partial(set_poster, event_id=obj.pk, images=images))
        elif form.cleaned_data.get("remove_poster"):
            transaction.on_commit(partial(remove_poster, event_id=obj.pk))

    def delete_model(self, request: HttpRequest, obj: Event) -> None:
        super().delete_model(request, obj)
        transaction.on_commit(partial(delete_poster_files, obj.poster))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> None:
        posters = list(queryset.values_list("poster", flat=True))
        super().delete_queryset(request, queryset)
        for poster in posters:
            transaction.on_commit(partial(delete_poster_files, poster))

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
