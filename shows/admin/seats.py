"""The seats of shows at the admin site."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest

from eventbooking_system.admin import is_id
from eventbooking_system.money import with_currency
from shows import services
from shows.admin.lists import LiveStatusFilter, OfShowFilter, ReadOnlyAdmin, local_time
from shows.errors import SeatsUnavailable
from shows.models import ShowSeat
from venues.models import SeatCategory


class CategoryFilter(admin.SimpleListFilter):
    """A filter by the categories of the chosen show."""

    title = parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        show = request.GET.get("show", "")
        if not is_id(show):
            return []
        names = SeatCategory.objects.filter(screen__shows=int(show)).values_list("name", flat=True)
        return [(name, name) for name in names]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        known = self.value() in dict(self.lookup_choices)
        return queryset.filter(seat__category__name=self.value()) if known else queryset


class BlockForm(ActionForm):
    reason = forms.CharField(
        label="Reason:", required=False, max_length=ShowSeat._meta.get_field("block_reason").max_length
    )  # fmt: skip


@admin.register(ShowSeat)
class ShowSeatAdmin(ReadOnlyAdmin):
    """The seats of shows, which staff can block and unblock."""

    list_display = [
        "seat", "section", "category", "amount", "live_status", "booking", "block_reason", "of_show",
    ]  # fmt: skip
    list_filter = [OfShowFilter, LiveStatusFilter, CategoryFilter]
    list_select_related = ["seat__category", "show__event", "show__screen__venue", "booking"]
    search_fields = ["=seat__row", "=booking__reference"]
    ordering = ["pk"]
    actions = ["block", "unblock"]
    action_form = BlockForm
    fields = ["show", "seat", "section", "category", "amount", "live_status", "local_held_until", "booking", "block_reason"]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShowSeat]:
        seats = super().get_queryset(request).with_live_status()
        return seats.select_related(*self.list_select_related)

    def get_list_display(self, request: HttpRequest) -> list[str]:
        return self._visible(request, self.list_display)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return self._visible(request, self.fields)

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        return self._visible(request, self.search_fields)

    def _visible(self, request: HttpRequest, names: list[str]) -> list[str]:
        """Leave bookings out for staff who may only see shows."""
        may_see = request.user.has_perm("bookings.view_booking")
        return [name for name in names if may_see or "booking" not in name]

    @admin.display(description="show", ordering="show__start_time")
    def of_show(self, show_seat: ShowSeat) -> str:
        return str(show_seat.show)

    @admin.display(ordering="seat__section")
    def section(self, show_seat: ShowSeat) -> str:
        return show_seat.seat.section

    @admin.display(ordering="seat__category__name")
    def category(self, show_seat: ShowSeat) -> str:
        return show_seat.seat.category.name

    @admin.display(description="price", ordering="price")
    def amount(self, show_seat: ShowSeat) -> str:
        currency = show_seat.show.currency
        return with_currency(show_seat.price, currency)

    @admin.display(description="status", ordering="live_status")
    def live_status(self, show_seat: ShowSeat) -> str:
        return show_seat.live_status

    @admin.display(description="held until")
    def local_held_until(self, show_seat: ShowSeat) -> str:
        return local_time(show_seat.held_until, show_seat.show.screen.venue)

    def has_block_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("shows.change_show")

    @admin.action(description="Block the selected seats", permissions=["block"])
    def block(self, request: HttpRequest, queryset: QuerySet[ShowSeat]) -> None:
        reason = request.POST.get("reason", "").strip()
        self._change(request, queryset, "block", "blocked", reason=reason)

    @admin.action(description="Unblock the selected seats", permissions=["block"])
    def unblock(self, request: HttpRequest, queryset: QuerySet[ShowSeat]) -> None:
        self._change(request, queryset, "unblock", "unblocked")

    def _change(
        self, request: HttpRequest, chosen: QuerySet[ShowSeat], what: str, done: str, **more: str
    ) -> None:
        seats = {show_seat.seat_id: show_seat for show_seat in chosen}
        shows = {show_seat.show_id for show_seat in seats.values()}
        if len(shows) != 1:
            self.message_user(request, "Choose seats of one show only.", messages.ERROR)
            return
        try:
            services.block_seats(show_id=shows.pop(), **{what: list(seats)}, **more)
        except SeatsUnavailable as refusal:
            taken = [seats[pk].seat for pk in refusal.members["unavailable_seat_ids"]]
            names = ", ".join(map(str, taken))
            text = f"Booked or held: {names}. No seat was changed."
            self.message_user(request, text, messages.ERROR)
        else:
            names = ", ".join(str(show_seat.seat) for show_seat in seats.values())
            self.message_user(request, f"{names}: {done}.", messages.SUCCESS)
