"""Check-in: the rules, the scans, and the data for scanners."""

from bookings.services.checking_in.bundle import check_in_bundle
from bookings.services.checking_in.rules import door_times
from bookings.services.checking_in.scanning import Shown, check_in, sync_check_ins, undo_check_in

__all__ = ["Shown", "check_in", "check_in_bundle", "door_times", "sync_check_ins", "undo_check_in"]
