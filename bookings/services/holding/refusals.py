"""The refusal of taken seats, with alternatives."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet, Subquery

from eventbooking_system.db.compiled import CompiledQuery
from shows import selectors
from shows.errors import SeatsUnavailable
from shows.halls import VERSION, cached_hall
from shows.models import Show, ShowSeat
from shows.seating import ALTERNATIVES, NotSeen, alternatives

# Seat ids follow the rows of a hall, so alternatives are first looked for among ids within this
# distance from the wanted ones, and then in the whole show.
REACH = 400
_BIGINT = 2**63 - 1


class SeatsTaken(Exception):
    """An error that ends the transaction, so that its locks are released."""

    def __init__(
        self, show: Show, seat_ids: Sequence[int], near: range, free_near: list[Any] | None
    ) -> None:
        super().__init__(seat_ids)
        self.show, self.seat_ids = show, seat_ids
        self.near, self.free_near = near, free_near


def seats_taken(show: Show, seat_ids: Sequence[int], *, wanted: Sequence[int]) -> SeatsTaken:
    """
    Return the error to raise for these seats.

    On PostgreSQL the ROLLBACK is sent now, together with the first look for alternatives.
    """
    near = range(max(min(wanted) - REACH, 1), min(max(wanted) + REACH, _BIGINT) + 1)
    return SeatsTaken(show, seat_ids, near, _free_near.after_rollback(show.pk, near[0], near[-1]))


def seats_unavailable(
    taken: SeatsTaken, *, seat_ids: Sequence[int], count: int
) -> SeatsUnavailable:
    """
    Make the refusal, with alternatives for the customer.

    They are in this show and, if those are few, in other shows. A seat that was released after the
    refusal stays listed as taken and is not offered.
    """
    show = taken.show
    others = _alternatives(taken, sorted(seat_ids))
    other_shows = []
    if len(others) < ALTERNATIVES:
        other_shows = selectors.other_shows(show_id=show.pk, quantity=count)
    return SeatsUnavailable(
        taken.seat_ids, wanted=count, alternatives=others, other_shows=other_shows
    )


def _alternatives(taken: SeatsTaken, wanted: Sequence[int]) -> list[list[int]]:
    show, found = taken.show, taken.free_near
    for seen in (taken.near, range(1, _BIGINT)):
        [(joined, *version)] = found or _free_near(show.pk, seen[0], seen[-1])
        found = None
        hall = cached_hall(show.pk, version)
        free = (selectors.split_ids(joined) if joined else set()) - set(taken.seat_ids)
        try:
            return alternatives(hall, free, wanted, rule=show.single_seat_rule, seen=seen)
        except NotSeen:
            continue
    raise AssertionError("All seats were seen.")


@CompiledQuery
def _free_near(show_id: int, first: int, last: int) -> QuerySet[Show]:
    """
    Select the free seats with these ids, and the hall's version.

    The ids are one text.
    """
    near = ShowSeat.objects.filter(show=show_id, seat_id__gte=first, seat_id__lte=last)
    free = Subquery(near.free().joined_seat_ids())
    return Show.objects.filter(pk=show_id).order_by().values_list(free, *VERSION)
