"""Taken seats refused in one statement."""

import uuid
from collections.abc import Sequence

from django.conf import settings
from django.db.models import Exists, QuerySet, Subquery

from eventbooking_system.compiled import CompiledQuery
from shows import selectors
from shows.errors import SeatsUnavailable
from shows.halls import VERSION, hall_of_version
from shows.models import Show, ShowSeat
from shows.querysets import IS_ON_SALE
from shows.seating import ALTERNATIVES, Hall, NotSeen, alternatives
from users.models import LoginSession
from users.tokens import Bearer

# Ids of seats follow the rows of a hall, so alternatives are looked for among the ids around the
# wanted ones: within this reach of a hall not seen yet, or so many rows, or more where that was too few.
_REACH = 400
_ROWS = 4
_BIGINT = 2**63 - 1

# By show: how far to look the next time.
_reaches: dict[int, int] = {}
_MOST_REACHES = 10_000


def refuse_taken(*, bearer: Bearer, show_id: int, seat_ids: Sequence[int]) -> None:
    """
    Refuse seats that somebody has, as `hold_seats` does, without a lock: of two who want the same,
    the second need not wait to be told.

    Raises SeatsUnavailable. Whatever else there is to say, be it that the login has ended, is left
    to the long way, and so are staff, who may take blocked seats.
    """
    wanted = sorted(seat_ids)
    reach = _reaches.get(show_id, _REACH)
    seen = range(wanted[0] - reach, min(wanted[-1] + reach, _BIGINT) + 1)
    found = _as_it_is(show_id, seen[0], seen[-1], bearer.session_id, bearer.pk)
    if not found:
        return
    limit, rule, joined, *version = found[0]
    free = selectors.split_ids(joined) if joined else set()
    lost = [seat_id for seat_id in wanted if seat_id not in free]
    if not lost or len(wanted) > (limit or settings.BOOKINGS_MAX_SEATS):
        return
    hall = hall_of_version(show_id, version)
    if not hall.seat_ids.issuperset(wanted):
        return
    try:
        others = alternatives(hall, free, wanted, rule=rule, seen=seen)
        _note_reach(show_id, hall, reach * 15 // 16)
    except NotSeen:
        _note_reach(show_id, hall, reach * 2)
        # What was given back since is lost in this answer, and no alternative of it.
        free = selectors.free_in(hall, show_id) - set(lost)
        others = alternatives(hall, free, wanted, rule=rule)
    raise unavailable(show_id, lost, wanted=wanted, alternatives=others)


def _note_reach(show_id: int, hall: Hall, reach: int) -> None:
    if len(_reaches) >= _MOST_REACHES:
        _reaches.clear()
    _reaches[show_id] = min(max(reach, _ROWS * hall.longest_row), 2 * len(hall.seat_ids))


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
