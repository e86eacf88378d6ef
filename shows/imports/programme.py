"""One cinema's programme, in the form of its point of sale."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from eventbooking_system.money import payable
from shows.imports.errors import RowRefused, printable

# The point of sale writes this year for a time that is not set.
_NO_YEAR = 1899
_TIME = re.compile(r"[0-9]{8}T[0-9]{6}")


@dataclass(frozen=True)
class TicketType:
    """A ticket type; a `default_price` of 0 means that it has none."""

    name: str
    seats: int
    default_price: Decimal


@dataclass(frozen=True)
class PriceGroup:
    """
    The fees and prices of a group of sessions.

    Prices are by the code of the ticket type.
    """

    is_default: bool
    is_3d: bool
    fee_per_ticket: Decimal
    fee_per_booking: Decimal
    listed: Mapping[str, Decimal]
    withdrawn: Collection[str]


@dataclass(frozen=True)
class Session:
    """
    A session as written in the file.

    Its references and times may be invalid.
    """

    number: int
    is_cancelled: bool
    screen: str
    film: str
    group: str
    start: str
    end: str
    trailers: int

    def starts(self) -> datetime | None:
        """Return the start in the venue's local time. Raises RowRefused."""
        return local_time(self.start)

    def minutes(self) -> int | None:
        """
        Return the session's length, if it is given. Raises RowRefused.

        The point of sale adds minutes to the local start, so the two local times are subtracted.
        """
        start, end = local_time(self.start), local_time(self.end)
        return (end - start) // timedelta(minutes=1) if start and end else None


@dataclass(frozen=True)
class Film:
    """
    A film.

    `minutes` is None if the file has 0, and `release` is the text of the file.
    """

    minutes: int | None
    release: str
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Programme:
    """A well-formed file. Screens, films, ticket types and groups are by their codes."""

    venue: Mapping[str, str]
    currency: str
    tax: Mapping[str, Any]
    screens: Mapping[str, tuple[str, int | None]]
    films: Mapping[str, Film]
    ticket_types: Mapping[str, TicketType]
    groups: Mapping[str, PriceGroup]
    sessions: Sequence[Session]

    @property
    def terms(self) -> dict[str, Any]:
        """
        The venue's sales terms, with the fees for new sessions.

        A group of the file has the fees.
        """
        groups = self.groups.values()
        usual = next((group for group in groups if group.is_default), None) or next(iter(groups))
        return self.terms_of(usual)

    def terms_of(self, group: PriceGroup) -> dict[str, Any]:
        fees = {
            "fee_per_ticket": group.fee_per_ticket,
            "fee_per_booking": group.fee_per_booking,
        }
        return {**fees, **self.tax}

    def prices_of(self, group: PriceGroup, *, only_listed: bool) -> dict[str, Decimal]:
        """
        Return a seat's price for each ticket type, the default first.

        The default type is the most expensive one-seat type of the list, because a reduced price is
        for customers who ask for it. A type without a price costs as much as the default type, so that
        no ticket is free by mistake. Withdrawn types are left out, and so are types for several seats
        whose price the seats cannot share exactly. Raises RowRefused.
        """
        for_one = [code for code, price in group.listed.items() if self._is_for_one(code) and price]
        if not for_one:
            raise RowRefused("its price group has no price for a seat.")
        default = max(for_one, key=group.listed.__getitem__)
        others = group.listed if only_listed else {**group.listed, **self.ticket_types}
        prices = {}
        for code in {default: None, **dict.fromkeys(others)}:
            price = self._price_of_seat(group, code)
            if price is not None:
                prices[self.ticket_types[code].name] = price or group.listed[default]
        return prices

    def _is_for_one(self, code: str) -> bool:
        return self.ticket_types[code].seats == 1

    def _price_of_seat(self, group: PriceGroup, code: str) -> Decimal | None:
        """
        Return a seat's share of a ticket's price.

        Return None if the ticket is not sold.
        """
        kind = self.ticket_types[code]
        price = group.listed.get(code) or kind.default_price
        seats = max(kind.seats, 1)
        share = payable(price / seats, self.currency)
        return None if code in group.withdrawn or share * seats != price else share


def local_time(text: str) -> datetime | None:
    """Parse a local time; None if it is not set. Raises RowRefused."""
    try:
        # strptime alone would accept fewer digits.
        if not _TIME.fullmatch(text):
            raise ValueError
        when = datetime.strptime(text, "%Y%m%dT%H%M%S")
    except ValueError as error:
        raise RowRefused(f"{printable(text)} is not a time such as 20250819T110000.") from error
    return None if when.year == _NO_YEAR else when
