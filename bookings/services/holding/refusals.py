"""The refusal of taken seats, and what is offered instead."""

from collections.abc import Sequence

from django.db.models import QuerySet, Subquery

from eventbooking_system.db.compiled import CompiledQuery
from shows import selectors
from shows.errors import SeatsUnavailable
from shows.halls import VERSION, cached_hall
from shows.models import Show, ShowSeat
from shows.seating import ALTERNATIVES, NotSeen, alternatives

# Ids of seats follow the rows of a hall, so alternatives are looked for among the ids around the
# wanted ones: within this reach at first, then in the whole show.
_REACH = 400
_BIGINT = 2**63 - 1


class SeatsTaken(Exception):
    """Ends the transaction of a hold whose seats others have, so that their locks are not kept."""

    def __init__(self, show: Show, seat_ids: Sequence[int]) -> None:
        super().__init__(seat_ids)
        self.show, self.seat_ids = show, seat_ids


def seats_unavailable(
    taken: SeatsTaken, *, seat_ids: Sequence[int], count: int
) -> SeatsUnavailable:
    """
    The refusal, with alternatives, and other shows where this one has few seats left.

    A seat that was released since the hold was refused stays listed as taken and is not offered.
    """
    show = taken.show
    others = _alternatives(show, set(taken.seat_ids), sorted(seat_ids))
    other_shows = []
    if len(others) < ALTERNATIVES:
        other_shows = selectors.other_shows(show_id=show.pk, quantity=count)
    return SeatsUnavailable(
        taken.seat_ids, wanted=count, alternatives=others, other_shows=other_shows
    )


def _alternatives(show: Show, taken: set[int], wanted: Sequence[int]) -> list[list[int]]:
    near = range(max(wanted[0] - _REACH, 1), min(wanted[-1] + _REACH, _BIGINT) + 1)
    for seen in (near, range(1, _BIGINT)):
        [(joined, *version)] = _free_near(show.pk, seen[0], seen[-1])
        hall = cached_hall(show.pk, version)
        free = (selectors.split_ids(joined) if joined else set()) - taken
        try:
            return alternatives(hall, free, wanted, rule=show.single_seat_rule, seen=seen)
        except NotSeen:
            continue
    raise AssertionError("All seats were seen.")


@CompiledQuery
def _free_near(show_id: int, first: int, last: int) -> QuerySet[Show]:
    """The free seats with these ids, in one text, and the version of the show's hall."""
    near = ShowSeat.objects.filter(show=show_id, seat_id__gte=first, seat_id__lte=last)
    free = Subquery(near.free().joined_seat_ids())
    return Show.objects.filter(pk=show_id).order_by().values_list(free, *VERSION)
