"""Cash sessions at the admin site, to read."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from box_office.models import CashMovement, CashSession, Tender
from eventbooking_system.admin import Page
from eventbooking_system.money import with_currency
from shows.admin.lists import ReadOnlyAdmin, local_time

admin.site.register_page(
    Page(
        "Today",
        "Box office",
        "/box-office/",
        lambda request: request.user.has_perm("box_office.sell"),
    )
)


class _RowsOfSession(admin.TabularInline):
    extra = 0
    readonly_fields = ["time"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("session__venue", "by")

    @admin.display(description="time")
    def time(self, row: Any) -> str:
        return local_time(row.at, row.session.venue)

    def has_add_permission(self, *_: object) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("box_office.view_cashsession")


class CashMovementInline(_RowsOfSession):
    model = CashMovement
    fields = ["kind", "amount", "reason", "by", "time"]


class TenderInline(_RowsOfSession):
    model = Tender
    fields = ["method", "amount", "tendered", "payment", "refund", "reference", "by", "time"]


@admin.register(CashSession)
class CashSessionAdmin(ReadOnlyAdmin):
    """The cash sessions of every till, with their movements and tenders."""

    list_display = [
        "station", "venue", "number", "opened", "closed", "float_amount", "expected_amount",
        "counted_amount",
    ]  # fmt: skip
    list_filter = ["venue", ("closed_at", admin.EmptyFieldListFilter), "opened_at"]
    list_select_related = ["venue"]
    search_fields = ["station", "opened_by__email"]
    date_hierarchy = "opened_at"
    inlines = [CashMovementInline, TenderInline]
    fields = [
        "venue", "station", "number", "opened", "opened_by", "closed", "closed_by", "float_amount",
        "expected_amount", "counted_amount", "digest", "previous_digest",
    ]  # fmt: skip

    @admin.display(description="opened at", ordering="opened_at")
    def opened(self, session: CashSession) -> str:
        return local_time(session.opened_at, session.venue)

    @admin.display(description="closed at", ordering="closed_at")
    def closed(self, session: CashSession) -> str:
        return local_time(session.closed_at, session.venue)

    @admin.display(description="opening float")
    def float_amount(self, session: CashSession) -> str:
        return _money(session.opening_float, session)

    @admin.display(description="cash expected")
    def expected_amount(self, session: CashSession) -> str:
        return _money(session.expected, session)

    @admin.display(description="cash counted")
    def counted_amount(self, session: CashSession) -> str:
        return _money(session.counted, session)


def _money(amount: Any, session: CashSession) -> str:
    return "-" if amount is None else with_currency(amount, session.currency)
