"""The checks of a show before it is written."""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from eventbooking_system.errors import InvalidField
from eventbooking_system.money import CURRENCY_DIGITS, why_not_payable
from eventbooking_system.timezones import localised, span_on_wall
from shows.errors import ShowOverlap
from shows.models import Show
from venues.models import Screen

MAX_SHOW_DURATION = timedelta(days=7)
_MAX_STAY = MAX_SHOW_DURATION + timedelta(days=1)  # Including the cleaning.
_TIMES = (
    "start_time", "end_time", "sales_open_at", "sales_close_at", "publish_at", "give_back_until",
    "early_bird_until",
)  # fmt: skip


def lock_screen(screen_id: int) -> Screen:
    return found_screen(lock_screens({screen_id}), screen_id)


def lock_screens(ids: Set[int]) -> dict[int, Screen]:
    # Shows on one screen, and changes of its layout, are written one after the other.
    locked = Screen.objects.locked().select_related("venue").filter(pk__in=ids)
    return {screen.pk: screen for screen in locked}


def found_screen(screens: Mapping[int, Screen], screen_id: int) -> Screen:
    if screen_id not in screens:
        raise InvalidField("screen", "The screen has just been removed.", "does_not_exist")
    return screens[screen_id]


def in_zone_of(screen: Screen, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields, with naive times read in the venue's zone. Raises InvalidField."""
    return {
        name: localised(value, screen.venue.timezone, field=name)
        if name in _TIMES and isinstance(value, datetime)
        else value
        for name, value in fields.items()
    }


def set_end(show: Show) -> None:
    """Set a missing end to the start plus the event's duration."""
    if show.end_time is None:
        show.end_time = show.start_time + timedelta(minutes=show.event.duration_minutes)


def check_times(show: Show) -> None:
    if show.end_time <= show.start_time:
        raise InvalidField("end_time", "The end is not after the start.")
    if show.end_time - show.start_time > MAX_SHOW_DURATION:
        raise InvalidField("end_time", f"A show may last at most {MAX_SHOW_DURATION.days} days.")
    if show.sales_open_at and show.sales_open_at >= (show.sales_close_at or show.start_time):
        raise InvalidField("sales_open_at", "Sales would open after they close.")
    if show.sales_close_at and show.sales_close_at > show.end_time:
        raise InvalidField("sales_close_at", "Sales would close after the show's end.")
    if show.publish_at and show.publish_at >= show.end_time:
        raise InvalidField("publish_at", "The show would become public after its end.")
    if (show.early_bird_until is None) != (show.early_bird_percent is None):
        field = "early_bird_until" if show.early_bird_until is None else "early_bird_percent"
        raise InvalidField(field, "An early bird has a percentage and an end.", "required")
    if show.early_bird_until and show.early_bird_until > show.start_time:
        raise InvalidField("early_bird_until", "The early bird would end after the start.")
    show.occupied_until = show.end_time + timedelta(minutes=show.cleaning_minutes)


def check_give_back(show: Show, *, now: datetime) -> None:
    """Check the deadline that staff give customers of a moved show. Raises InvalidField."""
    if show.give_back_until is None:
        return
    if show.give_back_until <= now:
        raise InvalidField("give_back_until", "This time is over.")
    if show.give_back_until > show.start_time:
        raise InvalidField("give_back_until", "Tickets would go back after the start.")


def check_fees(show: Show) -> None:
    if show.currency not in CURRENCY_DIGITS:
        raise InvalidField("currency", "This is not a currency of ISO 4217.")
    for name in ("fee_per_ticket", "fee_per_booking", "exchange_fee"):
        if reason := why_not_payable(Decimal(getattr(show, name)), show.currency):
            raise InvalidField(name, reason)


def check_screen_is_free(show: Show) -> None:
    """Check that no other show overlaps. Expects the screen's lock. Raises ShowOverlap."""
    if other := in_the_way(show, others_around([show])[show.screen_id]):
        raise overlap(other)


def others_around(shows: Sequence[Show]) -> dict[int, list[Show]]:
    """Find shows that may overlap, by screen and in order."""
    others: dict[int, list[Show]] = defaultdict(list)
    if not shows:
        return others
    first = min(show.start_time for show in shows)
    found = Show.objects.filter(
        screen__in={show.screen_id for show in shows},
        # An earlier show must be over by then, so the index need not be read further.
        start_time__gt=first - _MAX_STAY,
        start_time__lt=max(show.occupied_until for show in shows),
        occupied_until__gt=first,
    ).exclude(pk__in=[show.pk for show in shows if show.pk])
    for other in found.select_related("event", "screen__venue").order_by("start_time"):
        others[other.screen_id].append(other)
    return others


def in_the_way(show: Show, others: Sequence[Show]) -> Show | None:
    scheduled = [other for other in others if other.status == Show.Status.SCHEDULED]
    overlapping = (
        other
        for other in scheduled
        if other.start_time < show.occupied_until and other.occupied_until > show.start_time
    )
    same_start = (other for other in others if other.start_time == show.start_time)
    return next(overlapping, None) or next(same_start, None)


def overlap(other: Show) -> ShowOverlap:
    if other.status == Show.Status.CANCELLED:
        detail = "A cancelled show keeps this exact start on this screen. Choose another minute."
    else:
        zone = other.screen.venue.timezone
        span = span_on_wall(other.start_time, other.occupied_until, zone)
        detail = f"“{other.event.title}” is on this screen from {span}, cleaning included."
    return ShowOverlap(detail, show_id=other.pk)
