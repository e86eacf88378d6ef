"""Refusals about shows and their seats."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext, gettext_noop, ngettext

from eventbooking_system.errors import Busy, DomainError

_IDS = {"type": "array", "items": {"type": "integer"}}
_OTHER_SHOW = {
    "type": "object",
    "required": ["show", "start_time", "seat_ids", "areas"],
    "properties": {
        "show": {"type": "integer"},
        "start_time": {"type": "string", "format": "date-time"},
        "seat_ids": _IDS,
        "areas": {"type": "object", "additionalProperties": {"type": "integer"}},
    },
}


class ShowOverlap(DomainError):
    """
    Another show is on this screen at that time, cleaning included; `conflicting_show_id` names it.
    A cancelled show frees its time but keeps its exact start.
    """

    code = "show_overlap"
    title = gettext_noop("Show overlap")
    member_schemas = {"conflicting_show_id": {"type": "integer"}}

    def __init__(self, detail: str, *, show_id: int) -> None:
        super().__init__(detail, conflicting_show_id=show_id)


class SeatsNotInShow(DomainError):
    """Some of the seats are not seats of the show's hall; `seat_ids` names them."""

    code = "seats_not_in_show"
    status = 400
    title = gettext_noop("Seats not in show")
    member_schemas = {"seat_ids": _IDS}

    def __init__(self, seat_ids: Sequence[int]) -> None:
        count = len(seat_ids)
        detail = ngettext(
            "%(count)d of these seats is not in this show.",
            "%(count)d of these seats are not in this show.",
            count,
        ) % {"count": count}
        super().__init__(detail, seat_ids=list(seat_ids))


class SeatsUnavailable(DomainError):
    """
    Somebody else has some of the seats, so none was taken. `unavailable_seat_ids` names all of
    them; `alternatives` are up to three sets of seats that were free at that moment. Where the
    show has fewer, `other_shows` of the event on that day are offered with seats of theirs.
    """

    code = "seats_unavailable"
    title = gettext_noop("Seats unavailable")
    member_schemas = {
        "unavailable_seat_ids": _IDS,
        "alternatives": {"type": "array", "items": _IDS},
        "other_shows": {"type": "array", "items": _OTHER_SHOW},
    }

    def __init__(
        self,
        seat_ids: Sequence[int],
        *,
        wanted: int,
        alternatives: Sequence[Sequence[int]] = (),
        other_shows: Sequence[dict[str, Any]] = (),
    ) -> None:
        super().__init__(
            ngettext(
                "%(count)d of the %(wanted)d seats is no longer available.",
                "%(count)d of the %(wanted)d seats are no longer available.",
                len(seat_ids),
            )
            % {"count": len(seat_ids), "wanted": wanted},
            unavailable_seat_ids=list(seat_ids),
            alternatives=[list(group) for group in alternatives],
            other_shows=list(other_shows),
        )


class NotEnoughSeats(DomainError):
    """
    So many seats of that kind are not free; `available` says how many are, and `area` where
    places of an area were asked for.
    """

    code = "not_enough_seats"
    title = gettext_noop("Not enough seats")
    member_schemas = {"available": {"type": "integer"}, "area": {"type": "string"}}

    def __init__(self, *, quantity: int, available: int, area: str | None = None) -> None:
        if area is None:
            text = gettext("%(quantity)d seats were asked for and %(available)d are free.")
        else:
            text = gettext(
                "%(area)s: %(quantity)d places were asked for and %(available)d are free."
            )
        super().__init__(
            text % {"quantity": quantity, "available": available, "area": area},
            available=available,
            **({"area": area} if area is not None else {}),
        )


class SeatsContended(Busy):
    """Others have locked so many of these seats that too few are left, and may yet give them back."""

    def __init__(self) -> None:
        super().__init__(
            gettext("Others are booking the last of these seats. Try again in a moment.")
        )


class LeavesSingleSeat(DomainError):
    """
    Taking these seats would leave others without a neighbour, which the show's rule forbids, or
    part them from those with which they are sold together; `single_seat_ids` names them. Take them
    too, or move over.
    """

    code = "leaves_single_seat"
    status = 400
    title = gettext_noop("Leaves a single seat")
    member_schemas = {"single_seat_ids": _IDS}
    text = gettext_noop("This would leave a single seat: %(seats)s.")

    def __init__(self, seats: Sequence[tuple[int, str]]) -> None:
        labels = ", ".join(label for _, label in seats)
        super().__init__(
            gettext(self.text) % {"seats": labels},
            single_seat_ids=[seat_id for seat_id, _ in seats],
        )


class SplitsCouple(LeavesSingleSeat):
    """Seats that are sold together are booked together; `single_seat_ids` names the others."""

    text = gettext_noop("Sold only together with these: %(seats)s.")
