"""The shapes of requests for figures, and of figures."""

from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from eventbooking_system.api.serializers import (
    CurrencyField,
    IdField,
    IdRelatedField,
    StrictCharField,
    StrictSerializer,
)
from eventbooking_system.timezones import FIRST_DAY, LAST_DAY
from events.models import Event
from reports.models import DayClosing, ReportRun
from reports.selectors import GROUPS, MAX_DAYS, BoxOfficeReturn, Figures, Wanted, calendar_of
from reports.selectors.occupancy import rate
from venues.models import Venue


class BusinessDayField(serializers.DateField):
    """A day of a year in which venues can have shows."""

    default_validators = [MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)]


class PeriodSerializer(serializers.Serializer):
    """The query of each report: a venue and business days."""

    venue = serializers.PrimaryKeyRelatedField(
        queryset=Venue.objects.all(), required=False, help_text="All venues, if missing."
    )
    date_from = BusinessDayField(help_text="The first business day.")
    date_to = BusinessDayField(help_text="The last business day.")
    currency = CurrencyField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        days = (attrs["date_to"] - attrs["date_from"]).days
        if days < 0:
            raise serializers.ValidationError({"date_to": ["It is before date_from."]})
        if days >= MAX_DAYS:
            raise serializers.ValidationError({"date_to": [f"At most {MAX_DAYS} days."]})
        return attrs


class ReportQuerySerializer(PeriodSerializer):
    """The query of a report with groups."""

    groups: ClassVar[tuple[str, ...]] = ()

    group_by = serializers.CharField(default="day", help_text="One or two, with a comma between.")

    def validate_group_by(self, text: str) -> list[str]:
        names = text.split(",")
        if unknown := [name for name in names if name not in self.groups]:
            detail = f"“{unknown[0]}” is not one of {', '.join(self.groups)}."
            raise serializers.ValidationError(detail)
        if len(names) > 2 or len(set(names)) < len(names):
            raise serializers.ValidationError("Name one group, or two different ones.")
        return names


class TakingsQuerySerializer(ReportQuerySerializer):
    groups = GROUPS["takings"]


class AdmissionsQuerySerializer(ReportQuerySerializer):
    groups = GROUPS["admissions"]


class TaxQuerySerializer(ReportQuerySerializer):
    groups = GROUPS["tax"]


class OccupancyQuerySerializer(ReportQuerySerializer):
    groups = GROUPS["occupancy"]


class ReturnQuerySerializer(serializers.Serializer):
    """The query of a distributor's return."""

    event = serializers.PrimaryKeyRelatedField(queryset=Event.objects.all())
    week = BusinessDayField(help_text="Any day of the film week.")
    venue = serializers.PrimaryKeyRelatedField(queryset=Venue.objects.all(), required=False)
    currency = CurrencyField(required=False)


class FiguresSerializer(serializers.Serializer):
    """
    A report: its groups in order, and their totals.

    `key` is the value of the group, or a list of two values. Each value stands under its own name as
    well, beside the amounts and counts.
    """

    as_of = serializers.DateTimeField()
    currency = serializers.CharField(help_text="Empty if there are no amounts.")
    group_by = serializers.ListField(child=serializers.CharField())
    groups = serializers.SerializerMethodField()
    totals = serializers.SerializerMethodField()

    @extend_schema_field(
        {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["key", "label"],
                "properties": {"key": {}, "label": {"type": "string"}},
                "additionalProperties": {},
            },
        }
    )
    def get_groups(self, figures: Figures) -> list[dict[str, Any]]:
        return [
            {
                "key": key_of(list(group.dimensions.values())),
                **{name: _plain(value) for name, value in group.dimensions.items()},
                "label": group.label,
                **measured(figures, group.measures),
            }
            for group in figures.groups
        ]

    @extend_schema_field({"type": "object", "additionalProperties": {}})
    def get_totals(self, figures: Figures) -> dict[str, Any]:
        return measured(figures, figures.totals)


def key_of(values: list[Any]) -> Any:
    plain = [_plain(value) for value in values]
    return plain[0] if len(plain) == 1 else plain


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int) else str(value)


def measured(figures: Any, measures: dict[str, Any]) -> dict[str, Any]:
    """Return counts as numbers and amounts as decimal strings."""
    shown = {
        name: value if isinstance(value, int) else figures.formatted(value)
        for name, value in measures.items()
    }
    return {**shown, "occupancy": rate(measures)} if "blocked" in measures else shown


class BoxOfficeReturnSerializer(serializers.Serializer):
    """A film's week: days, sums, and the time before and after."""

    as_of = serializers.DateTimeField()
    event = serializers.IntegerField(source="event.pk")
    title = serializers.CharField(source="event.title")
    currency = serializers.CharField()
    week_from = serializers.DateField()
    week_to = serializers.DateField()
    days = serializers.SerializerMethodField()
    week = serializers.SerializerMethodField()
    week_before = serializers.SerializerMethodField()
    to_date = serializers.SerializerMethodField()

    @extend_schema_field({"type": "array", "items": {"type": "object", "additionalProperties": {}}})
    def get_days(self, report: BoxOfficeReturn) -> list[dict[str, Any]]:
        return [
            {"day": str(group.dimensions["day"]), **measured(report, group.measures)}
            for group in report.days
        ]

    @extend_schema_field({"type": "object", "additionalProperties": {}})
    def get_week(self, report: BoxOfficeReturn) -> dict[str, Any]:
        return measured(report, report.week)

    @extend_schema_field({"type": "object", "additionalProperties": {}})
    def get_week_before(self, report: BoxOfficeReturn) -> dict[str, Any]:
        return measured(report, report.week_before)

    @extend_schema_field({"type": "object", "additionalProperties": {}})
    def get_to_date(self, report: BoxOfficeReturn) -> dict[str, Any]:
        return measured(report, report.to_date)


class ClosingRequestSerializer(StrictSerializer):
    venue = IdField()
    business_date = BusinessDayField()


class ClosingSerializer(serializers.ModelSerializer):
    closed_by = serializers.CharField(source="closed_by.email")

    class Meta:
        model = DayClosing
        fields = [
            "id", "venue", "business_date", "number", "figures", "digest", "previous_digest",
            "closed_at", "closed_by",
        ]  # fmt: skip
        read_only_fields = fields


def wanted_of(query: dict[str, Any]) -> Wanted:
    """Return what the query of a report asks for."""
    venues: QuerySet[Venue] | list[Venue]
    venues = [query["venue"]] if "venue" in query else Venue.objects.all()
    return Wanted(
        list(venues),
        query["date_from"],
        query["date_to"],
        query.get("group_by", ["day"]),
        query.get("currency", ""),
    )


def week_of(query: dict[str, Any]) -> Wanted:
    """Return the film week of a query, by the first venue's calendar."""
    venues = [query["venue"]] if "venue" in query else list(Venue.objects.order_by("pk"))
    first = calendar_of(venues[0]).week_of(query["week"]) if venues else query["week"]
    last = first.fromordinal(first.toordinal() + 6)
    return Wanted(venues, first, last, ["day"], query.get("currency", ""))


class RunRequestSerializer(StrictSerializer):
    """A report that a worker shall write into a file."""

    report = serializers.ChoiceField(ReportRun.Report.choices)
    venue = IdRelatedField(
        queryset=Venue.objects.all(), required=False, allow_null=True, help_text="All, if missing."
    )
    date_from = BusinessDayField(help_text="The first business day.")
    date_to = BusinessDayField(help_text="The last business day.")
    group_by = StrictCharField(
        required=False,
        max_length=40,
        help_text="One or two groups of the report; the day if missing.",
    )
    currency = CurrencyField(required=False)


class RunSerializer(serializers.ModelSerializer):
    """A report under way. `progress` is in percent, and `error` says why there is no file."""

    class Meta:
        model = ReportRun
        fields = [
            "id", "report", "venue", "date_from", "date_to", "group_by", "currency", "state",
            "progress", "row_count", "error", "requested_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields
