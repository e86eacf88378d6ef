"""All checks of invariants, with those of other apps."""

from collections.abc import Callable, Iterator, Sequence

from bookings.invariants.money import (
    confirmed_bookings_are_worth_their_total,
    credit_moves_between_two_bookings,
    discounts_are_allotted_to_lines,
    disputes_match_the_ledger,
    losses_are_counted_once,
    money_matches_each_booking,
    money_matches_in_all,
    refunds_are_within_their_payment,
    the_ledger_has_every_movement,
    what_came_back_had_gone,
)
from bookings.invariants.seats import (
    a_seat_has_one_live_booking,
    a_ticket_has_one_holder,
    confirmed_seats_have_a_ticket,
    live_bookings_have_their_seats,
    no_hold_outlives_its_booking,
    reseated_lines_follow_each_other,
    shows_know_what_lists_ask_for,
)

# A check yields a line for each violation.
Check = Callable[[], Iterator[str]]
_of_other_apps: list[Check] = []


def broken() -> Iterator[str]:
    """Run all checks, and yield a line for each violation."""
    for check in all_checks():
        yield from check()


def all_checks() -> list[Check]:
    """Return this app's checks, and those registered by other apps."""
    return [*CHECKS, *_of_other_apps]


def register_checks(checks: Sequence[Check]) -> None:
    """Add the checks of another app, from its `AppConfig.ready`."""
    _of_other_apps.extend(checks)


CHECKS: tuple[Check, ...] = (
    money_matches_each_booking,
    money_matches_in_all,
    confirmed_bookings_are_worth_their_total,
    the_ledger_has_every_movement,
    what_came_back_had_gone,
    refunds_are_within_their_payment,
    disputes_match_the_ledger,
    losses_are_counted_once,
    a_seat_has_one_live_booking,
    live_bookings_have_their_seats,
    no_hold_outlives_its_booking,
    confirmed_seats_have_a_ticket,
    reseated_lines_follow_each_other,
    credit_moves_between_two_bookings,
    discounts_are_allotted_to_lines,
    a_ticket_has_one_holder,
    shows_know_what_lists_ask_for,
)
