"""Check-in: the rules of the door, scans with their outcome, and the scanners' offline data."""

from bookings.services.checking_in.bundle import check_in_bundle
from bookings.services.checking_in.scanning import Shown, check_in, sync_check_ins, undo_check_in

__all__ = ["Shown", "check_in", "check_in_bundle", "sync_check_ins", "undo_check_in"]
