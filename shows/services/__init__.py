"""
The use cases of shows, one module each.

Lock order: Screen, Show, ShowSeat.
"""

from shows.services.blocking import block_seats
from shows.services.capacity import RaisedCapacity, raise_capacity
from shows.services.changing import (
    apply_fields,
    change_show,
    lock_show,
    lock_stock,
    write_change,
)
from shows.services.locking import (
    CHOICE_QUEUE,
    check_all_found,
    free_places,
    lock_places,
    lock_seats,
    queue_for_choice,
)
from shows.services.planning import MAX_SHOW_DURATION
from shows.services.price_lists import (
    check_window,
    delete_price_list,
    delete_price_window,
    save_price_list,
    save_price_window,
)
from shows.services.programme import (
    MAX_SHOWS,
    Programme,
    copy_week,
    repeat_show,
    schedule_programme,
)
from shows.services.rehousing import (
    StockRow,
    check_same_venue,
    drop_stock,
    plan_rehousing,
    prices_on,
    read_new_hall,
    read_stock,
    seats_of_stock,
    write_rehousing,
)
from shows.services.scheduling import NewShow, schedule_show, schedule_shows
from shows.services.ticket_types import check_ticket_type, delete_ticket_type, save_ticket_type
from shows.services.withdrawing import check_unused, withdraw_show

__all__ = [
    "CHOICE_QUEUE",
    "MAX_SHOWS",
    "MAX_SHOW_DURATION",
    "NewShow",
    "Programme",
    "RaisedCapacity",
    "StockRow",
    "apply_fields",
    "block_seats",
    "change_show",
    "check_all_found",
    "check_same_venue",
    "check_ticket_type",
    "check_unused",
    "check_window",
    "copy_week",
    "delete_price_list",
    "delete_price_window",
    "delete_ticket_type",
    "drop_stock",
    "free_places",
    "lock_places",
    "lock_seats",
    "lock_show",
    "lock_stock",
    "plan_rehousing",
    "prices_on",
    "queue_for_choice",
    "raise_capacity",
    "read_new_hall",
    "read_stock",
    "repeat_show",
    "save_price_list",
    "save_price_window",
    "save_ticket_type",
    "schedule_programme",
    "schedule_show",
    "schedule_shows",
    "seats_of_stock",
    "withdraw_show",
    "write_change",
    "write_rehousing",
]
