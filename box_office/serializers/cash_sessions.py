"""The shapes of cash sessions."""

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from box_office.models import CashMovement, CashSession, Method
from eventbooking_system.api.serializers import (
    AmountField,
    CurrencyField,
    IdRelatedField,
    MoneyField,
    StrictCharField,
    StrictSerializer,
)
from eventbooking_system.money import MAX_AMOUNT, formatted
from venues.models import Venue


class CashSessionRequestSerializer(StrictSerializer):
    venue = IdRelatedField(queryset=Venue.objects.all())
    station = StrictCharField(max_length=50, help_text="The till, such as `Foyer 1`.")
    currency = CurrencyField()
    opening_float = MoneyField(help_text="The cash in the drawer at the start.")


class CashMovementRequestSerializer(StrictSerializer):
    kind = serializers.ChoiceField(choices=CashMovement.Kind.choices)
    amount = MoneyField(
        min_value=-MAX_AMOUNT, help_text="Positive. Only an adjustment may be negative."
    )
    reason = StrictCharField(max_length=200)


class CloseRequestSerializer(StrictSerializer):
    counted = MoneyField(help_text="The cash that was counted in the drawer.")


class CashMovementSerializer(serializers.ModelSerializer):
    amount = serializers.SerializerMethodField()
    by = serializers.CharField(source="by.get_full_name")

    class Meta:
        model = CashMovement
        fields = ["id", "kind", "amount", "reason", "by", "at"]

    def get_amount(self, movement: CashMovement) -> str:
        return formatted(movement.amount, movement.session.currency)


class MethodTotalsSerializer(serializers.Serializer):
    method = serializers.ChoiceField(choices=Method.choices)
    sales = serializers.IntegerField()
    taken = serializers.CharField()
    refunds = serializers.IntegerField()
    given_back = serializers.CharField()


class CashSessionSerializer(serializers.ModelSerializer):
    """A session without its report."""

    opening_float = AmountField()
    opened_by = serializers.CharField(source="opened_by.get_full_name")

    class Meta:
        model = CashSession
        fields = ["id", "venue", "station", "currency", "opening_float", "opened_by", "opened_at",
                  "closed_at", "number"]  # fmt: skip


class CashReportSerializer(serializers.Serializer):
    """An open session's X report, or a closed session's Z report."""

    id = serializers.IntegerField(source="session.id")
    venue = serializers.IntegerField(source="session.venue_id")
    station = serializers.CharField(source="session.station")
    currency = serializers.CharField(source="session.currency")
    status = serializers.SerializerMethodField()
    opening_float = serializers.SerializerMethodField()
    opened_by = serializers.CharField(source="session.opened_by.get_full_name")
    opened_at = serializers.DateTimeField(source="session.opened_at")
    closed_at = serializers.DateTimeField(source="session.closed_at", allow_null=True)
    movements = CashMovementSerializer(many=True)
    methods = serializers.SerializerMethodField()
    expected = serializers.SerializerMethodField()
    counted = serializers.SerializerMethodField()
    difference = serializers.SerializerMethodField()
    number = serializers.IntegerField(source="session.number", allow_null=True)
    digest = serializers.CharField(source="session.digest")
    previous_digest = serializers.CharField(source="session.previous_digest")

    @extend_schema_field(serializers.ChoiceField(choices=["open", "closed"]))
    def get_status(self, report: Any) -> str:
        return "closed" if report.session.closed_at else "open"

    def get_opening_float(self, report: Any) -> str:
        return self._amount(report, report.session.opening_float)

    @extend_schema_field(MethodTotalsSerializer(many=True))
    def get_methods(self, report: Any) -> list[dict[str, Any]]:
        return [
            {
                "method": totals.method,
                "sales": totals.sales,
                "taken": self._amount(report, totals.taken),
                "refunds": totals.refunds,
                "given_back": self._amount(report, totals.given_back),
            }
            for totals in report.methods
        ]

    def get_expected(self, report: Any) -> str:
        return self._amount(report, report.expected)

    @extend_schema_field({"type": ["string", "null"]})
    def get_counted(self, report: Any) -> str | None:
        counted = report.session.counted
        return None if counted is None else self._amount(report, counted)

    @extend_schema_field({"type": ["string", "null"]})
    def get_difference(self, report: Any) -> str | None:
        counted = report.session.counted
        return None if counted is None else self._amount(report, counted - report.expected)

    def _amount(self, report: Any, amount: Decimal) -> str:
        return formatted(amount, report.session.currency)
