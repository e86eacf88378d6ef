"""The wall clocks of venues. The arithmetic is the frame's, as events ask for days as well."""

from eventbooking_system.timezones import day_bounds, localised, on_local_days, validate_zone

__all__ = ["day_bounds", "localised", "on_local_days", "validate_zone"]
