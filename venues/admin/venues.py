"""Venues, screens and seats for staff at the admin site."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from eventbooking_system.admin import (
    PlainTextMixin,
    RelatedById,
    StrictAdmin,
    StrictHistoryAdmin,
    grouped_fields,
)
from eventbooking_system.admin.choices import zone_choices
from eventbooking_system.errors import InvalidField
from venues import services
from venues.admin.layout import LayoutPage
from venues.countries import countries
from venues.forms import EXCHANGE_TERMS, RefundRulesField, rules_to_write
from venues.models import HouseSeat, Screen, Seat, SeatCategory, Venue
from venues.refund_rules import with_rules


def _keep_layout(screen: Screen) -> None:
    """Read the screen's current layout, which may be newer than the form."""
    screen.layout_id = Screen.objects.locked().values_list("layout", flat=True).get(pk=screen.pk)


class ScreenFormSet(forms.BaseInlineFormSet):
    def save_existing(self, form: Any, obj: Screen, commit: bool = True) -> Screen:
        _keep_layout(obj)
        return super().save_existing(form, obj, commit)


class ScreenInline(PlainTextMixin, admin.TabularInline):
    model = Screen
    formset = ScreenFormSet
    fields = ["name", "seats"]
    readonly_fields = ["seats"]
    extra = 0
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Screen]:
        screens = super().get_queryset(request).select_related("venue")
        return screens.with_capacity()

    @admin.display(description="seats")
    def seats(self, screen: Screen) -> int:
        return getattr(screen, "capacity", 0)


class VenueForm(forms.ModelForm):
    """A venue whose time zone changes only with confirmation."""

    confirm_timezone = forms.BooleanField(
        required=False,
        label="Change the time zone of sold shows",
        help_text="Future shows then begin at another local time, and their customers get a mail.",
    )

    refund_rules = RefundRulesField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in EXCHANGE_TERMS:
            if name in self.fields:
                self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for name in EXCHANGE_TERMS:
            if cleaned.get(name) in (None, ""):
                cleaned[name] = getattr(self.instance, name)
        cleaned |= with_rules(rules_to_write(cleaned))
        if self.instance.pk and "timezone" in cleaned and not cleaned.get("confirm_timezone"):
            try:
                # The admin has opened the transaction in which it will save.
                venue = services.lock_venue(self.instance.pk)
                services.check_timezone(venue, cleaned["timezone"])
            except InvalidField as refusal:
                self.add_error("timezone", refusal.detail.partition(" To change")[0])
                self.add_error("confirm_timezone", "Tick this to change it anyway.")
        return cleaned


FIELDS_OF_VENUE = [
    (None, ["name", "slug"]),
    ("Place", ["address", "city", "country", "timezone", "confirm_timezone", "latitude", "longitude"]),
    ("Days of reports", ["business_day_starts_at", "week_starts_on"]),
    ("Mails about its shows", ["sender_name", "reply_to", "logo_url", "tax_id"]),
    ("Terms of sale of new shows", []),
]  # fmt: skip


def country_choices() -> list[tuple[str, str]]:
    return [(code, f"{code}, {name}") for code, name in sorted(countries().items())]


@admin.register(Venue)
class VenueAdmin(StrictHistoryAdmin):
    form = VenueForm
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    searched_choices = {"country": country_choices, "timezone": zone_choices}
    list_display = ["name", "city", "country", "timezone", "screen_count"]
    list_filter = ["country"]
    search_fields = ["name_folded", "address_folded"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [ScreenInline]

    def get_fieldsets(self, request: HttpRequest, obj: Venue | None = None) -> list[Any]:
        """Place the confirmation, if there is one, below the time zone."""
        fields = super().get_fields(request, obj)
        if not obj or not self.has_change_permission(request, obj):
            fields = [name for name in fields if name != "confirm_timezone"]
        return grouped_fields(fields, FIELDS_OF_VENUE, rest="Terms of sale of new shows")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Venue]:
        return super().get_queryset(request).annotate(screen_count=Count("screens"))

    @admin.display(description="screens", ordering="screen_count")
    def screen_count(self, venue: Venue) -> int:
        return venue.screen_count


class SeatCategoryInline(admin.TabularInline):
    """The categories of a screen. The layout makes them; staff choose color and rank."""

    model = SeatCategory
    fields = ["name", "color", "position", "seats"]
    readonly_fields = ["name", "seats"]
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[SeatCategory]:
        return super().get_queryset(request).annotate(seat_count=Count("seats__screen"))

    def has_add_permission(self, *_: object) -> bool:
        return False

    def has_delete_permission(self, *_: object) -> bool:
        return False

    @admin.display(description="seats")
    def seats(self, category: SeatCategory) -> int:
        return category.seat_count


class HouseSeatInline(PlainTextMixin, admin.TabularInline):
    """Seats that are blocked when a show is scheduled."""

    model = HouseSeat
    extra = 1
    verbose_name = "house seat"

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "seat":
            screen_id = request.resolver_match.kwargs.get("object_id")
            kwargs["queryset"] = Seat.objects.filter(screen=screen_id)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(Screen)
class ScreenAdmin(RelatedById, LayoutPage, StrictHistoryAdmin):
    """Screens of all venues. Seats change by replacing the layout, which the service checks."""

    list_display = ["name", "venue", "seat_count"]
    list_filter = ["venue__country"]
    list_select_related = ["venue"]
    search_fields = ["name", "venue__name_folded"]
    autocomplete_fields = ["venue"]
    inlines = [SeatCategoryInline, HouseSeatInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Screen]:
        return super().get_queryset(request).with_capacity()

    def get_fields(self, request: HttpRequest, obj: Screen | None = None) -> list[str]:
        return ["venue", "name", "seat_count", "layout_link"] if obj else ["venue", "name"]

    def get_readonly_fields(self, request: HttpRequest, obj: Screen | None = None) -> list[str]:
        # A screen cannot move: its shows would be at another address, maybe in another time zone.
        return ["venue", "seat_count", "layout_link"] if obj else []

    def save_model(self, request: HttpRequest, obj: Screen, form: Any, change: bool) -> None:
        if change:
            _keep_layout(obj)
        super().save_model(request, obj, form, change)

    @admin.display(description="seats", ordering="capacity")
    def seat_count(self, screen: Screen) -> str:
        seats = reverse("admin:venues_seat_changelist")
        return format_html(
            '<a href="{}?screen__id__exact={}">{}</a>', seats, screen.pk, screen.capacity
        )

    @admin.display(description="layout")
    def layout_link(self, screen: Screen) -> str:
        url = reverse("admin:venues_screen_layout", args=[screen.pk])
        return format_html('<a href="{}">Draw and change the hall</a>', url)


@admin.register(Seat)
class SeatAdmin(StrictAdmin):
    """The read-only list of seats. The layout makes them; shows and bookings need them."""

    list_display = [
        "row", "printed_number", "section", "category", "screen", "x", "y", "accessible", "companion",
    ]  # fmt: skip
    list_display_links = None
    list_filter = ["accessible", "companion", ("area", admin.EmptyFieldListFilter)]
    list_select_related = ["category", "screen__venue"]
    search_fields = ["=row", "=number", "screen__name", "screen__venue__name_folded"]
    ordering = ["pk"]
    show_full_result_count = False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        # The link from a screen to its seats.
        return lookup == "screen__id__exact" or super().lookup_allowed(lookup, value, request)

    def has_add_permission(self, *_: object) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission
