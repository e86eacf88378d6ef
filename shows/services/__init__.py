"""
The use cases of shows, one module each.

Lock order: Screen, Show, ShowSeat.
"""

from shows.services.blocking import block_seats
from shows.services.changing import change_show
from shows.services.locking import (
    CHOICE_QUEUE,
    check_all_found,
    free_places,
    lock_places,
    lock_seats,
    queue_for_choice,
)
from shows.services.planning import MAX_SHOW_DURATION
from shows.services.programme import (
    MAX_SHOWS,
    Programme,
    copy_week,
    repeat_show,
    schedule_programme,
)
from shows.services.scheduling import NewShow, schedule_show, schedule_shows
from shows.services.withdrawing import check_unused, withdraw_show

__all__ = [
    "CHOICE_QUEUE",
    "MAX_SHOWS",
    "MAX_SHOW_DURATION",
    "NewShow",
    "Programme",
    "block_seats",
    "change_show",
    "check_all_found",
    "check_unused",
    "copy_week",
    "free_places",
    "lock_places",
    "lock_seats",
    "queue_for_choice",
    "repeat_show",
    "schedule_programme",
    "schedule_show",
    "schedule_shows",
    "withdraw_show",
]
