"""Local times of venues. The frame does the arithmetic, because events need days as well."""

from eventbooking_system.timezones import (
    day_bounds,
    localised,
    on_local_days,
    on_wall,
    span_on_wall,
    validate_zone,
)

__all__ = [
    "day_bounds",
    "localised",
    "on_local_days",
    "on_wall",
    "span_on_wall",
    "validate_zone",
]
