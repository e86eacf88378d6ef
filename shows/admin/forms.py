"""The forms of shows, which call the services."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.html import format_html

from eventbooking_system.admin.choices import SearchedSelect, currency_choices
from eventbooking_system.errors import DomainError, InvalidField
from eventbooking_system.money import rounded
from eventbooking_system.timezones import localised
from shows import services
from shows.admin.lists import local_time
from shows.admin.price_lines import PricesField, read_prices, written_prices
from shows.errors import ShowOverlap
from shows.models import PriceList, Show
from venues.forms import EXCHANGE_TERMS, RefundRulesField, rules_to_write
from venues.models import SALES_TERMS, Downgrade, ExchangeScope, Screen, SeatCategory

TIMES = (
    "start_time",
    "end_time",
    "sales_open_at",
    "sales_close_at",
    "publish_at",
    "early_bird_until",
    "give_back_until",
)


class VenueTimeInput(forms.DateTimeInput):
    input_type = "datetime-local"

    def format_value(self, value: Any) -> str | None:
        if isinstance(value, datetime):
            return value.isoformat(timespec="seconds" if value.second else "minutes")
        return super().format_value(value)


class VenueTimeField(forms.Field):
    """The venue's local time, without a zone."""

    widget = VenueTimeInput

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        try:
            # fromisoformat ignores a NUL byte at the end.
            time = None if "\0" in value else datetime.fromisoformat(value.strip())
        except ValueError:
            time = None
        if time is None or time.tzinfo is not None:
            raise ValidationError("Enter a date and a time, such as 2026-11-28T19:30.", "invalid")
        return time


class ShowForm(forms.ModelForm):
    """
    A form that changes a show through the service.

    It sends only the changed fields. Validating the form calls the service, so a valid form is a
    change that was made. Each refusal is shown at its field.
    """

    start_time = VenueTimeField()
    end_time = VenueTimeField()
    sales_open_at = VenueTimeField(required=False)
    sales_close_at = VenueTimeField(required=False)
    publish_at = VenueTimeField(required=False)
    early_bird_until = VenueTimeField(required=False)
    give_back_until = VenueTimeField(required=False)
    prices = PricesField(max_length=10_000, help_text=PricesField.__doc__)
    refund_rules = RefundRulesField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in EXCHANGE_TERMS:
            if name in self.fields:
                self.fields[name].required = False
        self._show_values()

    def _show_values(self) -> None:
        show = self.instance
        self.initial.update(initial_values(show))
        for name in TIMES:
            if name in self.fields:
                self.fields[
                    name
                ].help_text = f"The venue's local time ({show.screen.venue.timezone})."
        if "give_back_until" in self.fields:
            self.fields[
                "give_back_until"
            ].help_text += " Set it with a new start. Until then customers get a full refund."

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        screen = self._screen()
        if screen is None:
            return cleaned
        for name in TIMES:
            if isinstance(cleaned.get(name), datetime):
                self._localise(name, screen.venue.timezone)
        if cleaned.get("prices"):
            try:
                cleaned["prices"] = read_prices(cleaned["prices"], _categories_of(screen))
            except ValidationError as error:
                self.add_error("prices", error)
        return cleaned

    def _screen(self) -> Screen | None:
        return self.instance.screen

    def _localise(self, name: str, zone: str) -> None:
        if name not in self.changed_data:
            # An unchanged time may be ambiguous at a clock change, so it is not parsed again.
            self.cleaned_data[name] = getattr(self.instance, name)
            return
        try:
            self.cleaned_data[name] = localised(self.cleaned_data[name], zone, field=name)
        except InvalidField as refusal:
            # The form cannot send the offset that the detail asks for.
            self.add_error(name, refusal.detail.partition(" Send the time")[0])

    def _post_clean(self) -> None:
        super()._post_clean()
        if self.errors:
            return
        try:
            self.instance = self._write()
        except DomainError as refusal:
            self._refuse(refusal)

    def validate_unique(self) -> None:
        """Leave conflicts to the service, which names the other show."""

    validate_constraints = validate_unique

    def _write(self) -> Show:
        if not self.changed_data:
            return self.instance
        changes = {name: self.cleaned_data[name] for name in self.changed_data}
        left_out = [name for name in EXCHANGE_TERMS if changes.get(name) in (None, "")]
        changes = {name: value for name, value in changes.items() if name not in left_out}
        return services.change_show(show_id=self.instance.pk, **rules_to_write(changes))

    def _refuse(self, refusal: DomainError) -> None:
        if isinstance(refusal, ShowOverlap):
            self.add_error("start_time", _overlap(refusal))
            return
        for fault in refusal.members.get("errors", [{"field": "", "detail": refusal.detail}]):
            field = fault["field"].partition(".")[0]
            self.add_error(field if field in self.fields else None, fault["detail"])

    def save(self, commit: bool = True) -> Show:
        """Return the show as the service wrote it."""
        return self.instance

    def save_m2m(self) -> None:
        """Do nothing: a show has no many-to-many relations."""


SAME_OR_YES_OR_NO = [("", "Same as the venue"), ("True", "Yes"), ("False", "No")]


class ShowAddForm(ShowForm):
    """A form that schedules a show; empty terms default to the venue's."""

    end_time = VenueTimeField(
        required=False, help_text="The start plus the event's duration, if empty."
    )
    price_list = forms.ModelChoiceField(
        PriceList.objects.select_related("venue"),
        required=False,
        help_text="The show gets its prices and currency, changed by the windows of its day and time.",
    )
    currency = forms.CharField(
        max_length=3,
        required=False,
        help_text="The currency of the price list, if empty.",
        widget=SearchedSelect(choices=[("", "---------"), *currency_choices()]),
    )
    prices = PricesField(
        max_length=10_000,
        required=False,
        help_text="Instead of a price list. " + PricesField.__doc__,
    )
    tax_inclusive = forms.TypedChoiceField(
        choices=SAME_OR_YES_OR_NO,
        coerce=lambda value: value == "True",
        empty_value=None,
        required=False,
        help_text="Whether prices contain the tax.",
    )
    fees_refundable = forms.TypedChoiceField(
        choices=SAME_OR_YES_OR_NO,
        coerce=lambda value: value == "True",
        empty_value=None,
        required=False,
        help_text="Whether fees are refunded with the last ticket of a booking.",
    )
    exchange_scope = forms.ChoiceField(
        choices=[("", "Same as the venue"), *ExchangeScope.choices], required=False
    )
    downgrade = forms.ChoiceField(
        choices=[("", "Same as the venue"), *Downgrade.choices], required=False
    )

    def _show_values(self) -> None:
        self.fields["start_time"].help_text = "The venue's local time."
        for name in SALES_TERMS:
            self.fields[name].required = False
            self.fields[name].initial = None

    def _screen(self) -> Screen | None:
        return self.cleaned_data.get("screen")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("price_list") and cleaned.get("prices"):
            self.add_error("price_list", "Choose a list or write prices, not both.")
        elif not (cleaned.get("price_list") or cleaned.get("prices") or "prices" in self.errors):
            self.add_error("prices", "A list or prices are required.")
        if not (cleaned.get("price_list") or cleaned.get("currency")):
            self.add_error("currency", "Prices need a currency.")
        return cleaned

    def _write(self) -> Show:
        given = {k: value for k, value in self.cleaned_data.items() if value not in (None, "")}
        if chosen := given.get("price_list"):
            given["price_list"] = chosen.pk
        return services.schedule_show(**rules_to_write(given))


def initial_values(show: Show) -> dict[str, Any]:
    """
    Return a show's values for its form.

    Times are local, and amounts have the currency's digits.
    """
    zone = ZoneInfo(show.screen.venue.timezone)
    times = {
        name: instant.astimezone(zone).replace(tzinfo=None, microsecond=0)
        for name in TIMES
        if (instant := getattr(show, name)) is not None
    }
    fees = {
        name: rounded(getattr(show, name), show.currency)
        for name in ("fee_per_ticket", "fee_per_booking", "exchange_fee")
    }
    # Percentages without trailing zeros and without an exponent.
    rates = {
        name: Decimal(f"{getattr(show, name).normalize():f}")
        for name in ("tax_rate", "refund_percent")
    }
    return {**times, **fees, **rates, "prices": "\n".join(written_prices(show))}


def _overlap(refusal: ShowOverlap) -> str:
    """Describe the overlap in the venue's time. It has a link to the other show."""
    shows = Show.objects.select_related("event", "screen__venue")
    other = shows.filter(pk=refusal.members["conflicting_show_id"]).first()
    if other is None:
        return refusal.detail
    text = refusal.detail
    if other.status == Show.Status.SCHEDULED:
        start, end = (
            local_time(instant, other.screen.venue)
            for instant in (other.start_time, other.occupied_until)
        )
        text = f"“{other.event.title}” is on this screen from {start} to {end}, cleaning included."
    url = reverse("admin:shows_show_change", args=[other.pk])
    return format_html('{} <a href="{}">See that show</a>', text, url)


def _categories_of(screen: Screen) -> list[str]:
    categories = SeatCategory.objects.filter(screen=screen, seats__isnull=False).distinct()
    return [category.name for category in categories]
