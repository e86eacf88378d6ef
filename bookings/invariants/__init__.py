"""
The invariants of seats, bookings and money between any two transactions.

Each check queries the rows that break its rule. `manage.py check_invariants` runs all checks.
"""

from bookings.invariants.checks import all_checks, broken, register_checks

__all__ = ["all_checks", "broken", "register_checks"]
