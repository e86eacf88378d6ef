"""Refusals that concern shows and their seats."""

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
    Another show on the same screen at that time, cleaning included.

    `conflicting_show_id` names it, and `index` the show of a request for many. A cancelled show
    frees its time but keeps its exact start.
    """

    code = "show_overlap"
    title = gettext_noop("Show overlap")
    member_schemas = {"conflicting_show_id": {"type": "integer"}, "index": {"type": "integer"}}

    def __init__(self, detail: str, *, show_id: int, index: int | None = None) -> None:
        place = {} if index is None else {"index": index}
        super().__init__(detail, conflicting_show_id=show_id, **place)


class SeatsNotInShow(DomainError):
    """Seats that are not part of the show; `seat_ids` names them."""

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
    Another booking has the seats, so no seat was held or changed.

    `unavailable_seat_ids` names them. `alternatives` lists up to three sets of seats that were free
    at that moment. If there are fewer, `other_shows` lists shows of the event on that day with free
    seats.
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
    Fewer free seats of that kind than were requested.

    `available` says how many are free. `area` is the area's name if places in an area were
    requested. If enough are free, they are sold in couples, or every choice would leave a single
    seat.
    """

    code = "not_enough_seats"
    title = gettext_noop("Not enough seats")
    member_schemas = {"available": {"type": "integer"}, "area": {"type": "string"}}

    def __init__(
        self, *, quantity: int, available: int, area: str | None = None, in_couples: bool = False
    ) -> None:
        self.in_couples = in_couples
        if in_couples:
            text = gettext(
                "%(quantity)d seats were asked for. %(available)d are free, but they are sold in "
                "couples, which cannot be parted. Ask for another number of seats."
            )
        elif area is None and available >= quantity:
            text = gettext(
                "%(quantity)d seats were asked for. %(available)d are free, but every choice of them "
                "would break a rule of this show. Ask for another number of seats."
            )
        elif area is None:
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
    """Seats that other requests have locked and may still release."""

    def __init__(self) -> None:
        super().__init__(
            gettext("Others are booking the last of these seats. Try again in a moment.")
        )


class LeavesSingleSeat(DomainError):
    """
    Seats whose booking would leave a single seat.

    The show's rule forbids that, and no couple may be split. `single_seat_ids` names the seats that
    would be left. Book them too, or choose other seats.
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
    """Seats that are sold only with others; `single_seat_ids` names the others."""

    text = gettext_noop("Sold only together with these: %(seats)s.")
