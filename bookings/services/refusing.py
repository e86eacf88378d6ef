"""Taken seats refused without a lock, mostly in one statement."""

import uuid
from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

from django.conf import settings
from django.db.models import Exists, QuerySet, Subquery

from eventbooking_system.db.compiled import CompiledQuery
from shows import selectors
from shows.errors import SeatsUnavailable
from shows.halls import VERSION, cached_hall
from shows.models import Show, ShowSeat
from shows.querysets import IS_ON_SALE
from shows.seating import ALTERNATIVES, NotSeen, alternatives
from users.models import LoginSession
from users.tokens import Bearer

# Ids of seats follow the rows of a hall, so alternatives are looked for among the ids around the
# wanted ones: within this reach of a hall not seen yet, or so many rows, or more where that was too few.
_REACH = 400
_ROWS = 4
_BIGINT = 2**63 - 1


class _Look(NamedTuple):
    """How far to look for free seats of a show the next time, and which there were the last time."""

    reach: int
    # A byte for each id from the first on: one for a free seat.
    first: int = 0
    free: bytes = b""


_looks: OrderedDict[int, _Look] = OrderedDict()
_MAX_LOOKS = 500
_MAX_SEEN = 30_000


def seem_taken(*, show_id: int, seat_ids: Sequence[int]) -> bool:
    """
    Whether some of these seats were taken when this process last looked: then it is quicker to look
    again than to try to take them.
    """
    if not (look := _looks.get(show_id)):
        return False
    places = (seat_id - look.first for seat_id in seat_ids)
    return any(0 <= place < len(look.free) and not look.free[place] for place in places)


def refuse_taken(*, bearer: Bearer, show_id: int, seat_ids: Sequence[int]) -> None:
    """
    Refuse seats that somebody has, as `hold_seats` does, without a lock: of two who want the same,
    the second need not wait to be told.

    Raises SeatsUnavailable. Whatever else there is to say, be it that the login has ended, is left
    to the long way, and so are staff, who may take blocked seats.
    """
    wanted, lost = sorted(seat_ids), None
    look = _looks.get(show_id)
    reach = look.reach if look else _REACH
    while True:
        seen = range(max(wanted[0] - reach, 1), min(wanted[-1] + reach, _BIGINT) + 1)
        found = _as_it_is(show_id, seen[0], seen[-1], bearer.session_id, bearer.pk)
        if not found:
            return
        limit, rule, joined, *version = found[0]
        free = selectors.split_ids(joined) if joined else set()
        if lost is None:
            lost = [seat_id for seat_id in wanted if seat_id not in free]
        if not lost:
            _note(show_id, _Look(reach))
        if not lost or len(wanted) > (limit or settings.BOOKINGS_MAX_SEATS):
            return
        hall = cached_hall(show_id, version)
        if not hall.seat_ids.issuperset(wanted):
            return
        of_hall = 2 * len(hall.seat_ids)
        # What was given back since is lost in this answer, and no alternative of it.
        free.difference_update(lost)
        try:
            others = alternatives(hall, free, wanted, rule=rule, seen=seen)
        except NotSeen:
            # Ids may lie far apart, where a hall has got seats since.
            reach = 2 * reach + 1 if reach < of_hall else _BIGINT
        else:
            break
    seen = seen if len(seen) <= _MAX_SEEN else range(0)
    reach = min(max(reach * 63 // 64, _ROWS * hall.longest_row), of_hall)
    _note(show_id, _Look(reach, seen.start, bytes(map(free.__contains__, seen))))
    raise unavailable(show_id, lost, wanted=wanted, alternatives=others)


def _note(show_id: int, look: _Look) -> None:
    _looks.pop(show_id, None)
    _looks[show_id] = look
    while len(_looks) > _MAX_LOOKS:
        _looks.popitem(last=False)


def unavailable(
    show_id: int,
    lost: Sequence[int],
    *,
    wanted: Sequence[int],
    alternatives: Sequence[Sequence[int]],
) -> SeatsUnavailable:
    """The refusal, with other shows where this one has few seats left."""
    others = []
    if len(alternatives) < ALTERNATIVES:
        others = selectors.other_shows(show_id=show_id, quantity=len(wanted))
    return SeatsUnavailable(lost, wanted=len(wanted), alternatives=alternatives, other_shows=others)


@CompiledQuery
def _as_it_is(
    show_id: int, first: int, last: int, session_id: uuid.UUID, customer_id: int
) -> QuerySet:
    """
    Of a show that is on sale: its terms, the free ones of these seats, the version of its hall; no
    row without a customer's live login.
    """
    logins = LoginSession.objects.live().filter(
        pk=session_id, user=customer_id, user__is_staff=False
    )
    near = ShowSeat.objects.filter(show=show_id, seat_id__gte=first, seat_id__lte=last)
    free = Subquery(near.free().joined_seat_ids())
    shows = Show.objects.filter(IS_ON_SALE, Exists(logins), pk=show_id).order_by()
    return shows.values_list("max_seats_per_booking", "single_seat_rule", free, *VERSION)
