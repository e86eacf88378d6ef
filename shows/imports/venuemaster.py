"""
A reader of `VenueSchedule.json`, the programme that Venue Master exports.

Venue Master is a point of sale for cinemas. `docs/imports.md` explains how each member is read.
"""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection
from decimal import Decimal
from typing import Any

from eventbooking_system.money import MAX_DIGITS, why_not_payable
from events.models import MAX_CAST, MAX_GENRES, MAX_NAME_LENGTH
from shows.imports.csv_rows import MAX_LENGTH
from shows.imports.encodings import text_of
from shows.imports.errors import FileRefused, printable
from shows.imports.programme import Film, PriceGroup, Programme, Session, TicketType

MAX_BYTES = 32 * 1024 * 1024
MAX_SEATS = 2000
# The one known tax type: prices contain the tax.
_TAX_WITHIN = 2
# The two known types of fee.
_NO_FEE, _FEE_IS_AMOUNT = 0, 1
_GENRES_OF_TWO_WORDS = ("Science Fiction", "TV Movie")
_ZONES_OF_AUSTRALIA = {
    "ACT": "Australia/Sydney",
    "NSW": "Australia/Sydney",
    "NT": "Australia/Darwin",
    "QLD": "Australia/Brisbane",
    "SA": "Australia/Adelaide",
    "TAS": "Australia/Hobart",
    "VIC": "Australia/Melbourne",
    "WA": "Australia/Perth",
}
# “…, Boronia, Vic. 3155”
_CITY = re.compile(r"([^,]+), *[A-Za-z.]+ +[0-9]{4}$")


def read_programme(
    data: bytes, *, currency: str | None = None, tax_inclusive: bool | None = None
) -> Programme:
    """Read an export. Raises FileRefused for the first missing or invalid member."""
    members = _Members(_parsed(data), "")
    about = members.one("Installation")
    facts, usual_currency = _venue(about)
    currency = currency or usual_currency
    if currency is None:
        raise FileRefused("Installation.Installation_Country: give --currency.")
    ticket_types = _ticket_types(members, currency)
    groups = _groups(members, ticket_types, currency)
    if not groups:
        raise FileRefused("Price_Groups: there is none.")
    return Programme(
        venue=facts,
        currency=currency,
        tax=_tax(about, tax_inclusive),
        screens=_by_code(members, "Venues", "Venue_Code", _screen),
        films=_by_code(members, "Movies", "Movie_Code", _film),
        ticket_types=ticket_types,
        groups=groups,
        sessions=[_session(item) for item in members.all("Sessions")],
    )


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(text_of(data), parse_float=Decimal, parse_constant=_refuse_constant)
    # Decimal raises ArithmeticError for an exponent that is too large.
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise FileRefused(f"This is not JSON: {printable(str(error), 200)}") from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


class _Members:
    """An object of the file. Reading a missing or invalid member raises FileRefused."""

    def __init__(self, members: Any, place: str) -> None:
        if not isinstance(members, dict):
            raise FileRefused(f"{place or 'The document'}: this is not an object.")
        self._members = members
        self._place = place

    def one(self, name: str) -> "_Members":
        return _Members(self._get(name), self._at(name))

    def all(self, name: str) -> list["_Members"]:
        items = self._get(name)
        if not isinstance(items, list):
            raise self.fault(name, "this is not a list.")
        return [_Members(item, f"{self._at(name)}.{index}") for index, item in enumerate(items)]

    def text(self, name: str, max_length: int, *, needed: bool = False) -> str:
        """Return a text on one line, without spaces at its ends."""
        return " ".join(self._text(name, max_length, needed=needed).split())

    def parts(self, name: str, max_length: int) -> list[str]:
        """Split a text where it has two or more spaces."""
        return [part for part in re.split(r"\s{2,}", self._text(name, max_length).strip()) if part]

    def flag(self, name: str) -> bool:
        value = self._get(name)
        if not isinstance(value, bool):
            raise self.fault(name, "this is not true or false.")
        return value

    def number(self, name: str, maximum: int) -> int:
        value = self._get(name)
        # True is an int in Python.
        if type(value) is not int or not 0 <= value <= maximum:
            raise self.fault(name, f"this is not a whole number from 0 to {maximum}.")
        return value

    def amount(self, name: str, currency: str) -> Decimal:
        value = self.decimal(name, maximum=10 ** (MAX_DIGITS - 5))
        if why_not_payable(Decimal(value), currency):
            raise self.fault(name, f"{printable(str(value))} is not an amount of {currency}.")
        return value

    def decimal(self, name: str, *, maximum: int) -> Decimal:
        value = self._get(name)
        if type(value) not in (int, Decimal) or not 0 <= value <= maximum:
            raise self.fault(name, f"this is not a number from 0 to {maximum}.")
        return Decimal(value)

    def fault(self, name: str, reason: str) -> FileRefused:
        return FileRefused(f"{self._at(name)}: {reason}")

    def _text(self, name: str, max_length: int, *, needed: bool = False) -> str:
        value = self._get(name)
        if not isinstance(value, str):
            raise self.fault(name, "this is not a text.")
        if len(value) > max_length:
            raise self.fault(name, f"more than {max_length} characters.")
        # Refuse control characters and unpaired surrogates.
        if any(
            unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\t\r\n" for sign in value
        ):
            raise self.fault(name, "this contains a control character.")
        if needed and not value.strip():
            raise self.fault(name, "this is empty.")
        return value

    def _get(self, name: str) -> Any:
        if name not in self._members:
            raise self.fault(name, "this is missing.")
        return self._members[name]

    def _at(self, name: str) -> str:
        return f"{self._place}.{name}" if self._place else name


def _by_code(
    members: _Members, name: str, code_name: str, read: Callable[[_Members], Any]
) -> dict[str, Any]:
    """Read the objects of a list by their codes. Raises FileRefused for a repeated code."""
    items: dict[str, Any] = {}
    for item in members.all(name):
        code = item.text(code_name, 100, needed=True)
        if code in items:
            raise FileRefused(f"{name}: {printable(code)} appears twice.")
        items[code] = read(item)
    return items


def _venue(about: _Members) -> tuple[dict[str, str], str | None]:
    """Read the facts about the venue, and the currency of its country."""
    address = ", ".join(about.parts("Installation_Customer_Address", 290))
    city = _CITY.search(address)
    facts = {
        "name": about.text("Installation_Name", 200, needed=True),
        "address": address,
        "city": city[1].strip() if city else "",
    }
    if about.text("Installation_Country", 100).casefold() != "australia":
        return facts, None
    facts["country"] = "AU"
    state = about.text("Installation_State", 100).upper()
    if zone := _ZONES_OF_AUSTRALIA.get(state):
        facts["timezone"] = zone
    return facts, "AUD"


def _tax(about: _Members, inclusive: bool | None) -> dict[str, Any]:
    rate = about.decimal("Misc_Tax_Rate", maximum=100)
    if rate != round(rate, 3):
        raise about.fault("Misc_Tax_Rate", "more than three digits after the point.")
    if about.decimal("Misc_Surcharge_Tax_Rate", maximum=100) != rate:
        raise about.fault("Misc_Surcharge_Tax_Rate", "fees must have the same tax rate as tickets.")
    kind = about.number("Misc_Tax_Type", 1000)
    if inclusive is None and rate and kind != _TAX_WITHIN:
        raise about.fault("Misc_Tax_Type", f"the tax type {kind} is unknown: give --tax.")
    return {"tax_rate": rate, "tax_inclusive": inclusive is not False}


def _screen(item: _Members) -> tuple[str, int | None]:
    name = item.text("Venue_Name", 100, needed=True)
    return name, item.number("Venue_Normal_Capacity", MAX_SEATS) or None


def _film(item: _Members) -> Film:
    # Movie_Name is cut off after 24 characters; the memo title is complete.
    name = item.text("Movie_Name", 300, needed=True)
    return Film(
        minutes=item.number("Movie_Length", MAX_LENGTH) or None,
        release=item.text("Movie_Release_Date", 40),
        facts={
            "title": item.text("Movie_Memo_Title", 300) or name,
            "description": item.text("Movie_Synopsis", 10_000),
            "certificate": item.text("Movie_Rating_Code", 20),
            "genres": _genres(item.text("Movie_Genre", 500)),
            "cast": _cast(item.text("Movie_Talent", 5000)),
        },
    )


def _genres(text: str) -> list[str]:
    """Split genres that are separated only by spaces."""
    names = re.findall("|".join([*_GENRES_OF_TWO_WORDS, r"\S+"]), text)
    return list({name.lower(): name for name in names if len(name) <= 50}.values())[:MAX_GENRES]


def _cast(text: str) -> list[str]:
    names = (name.strip() for name in re.split(r",| and ", text.removesuffix(".")))
    return [name for name in names if 0 < len(name) <= MAX_NAME_LENGTH][:MAX_CAST]


def _ticket_types(members: _Members, currency: str) -> dict[str, TicketType]:
    names = Counter(item.text("Ticket_Name", 50) for item in members.all("Tickets"))

    def read(item: _Members) -> TicketType:
        # Names are cut off after 15 characters, so that two may be equal.
        name, comment = item.text("Ticket_Name", 50), item.text("Ticket_Comment", 50)
        return TicketType(
            name=name if name and names[name] == 1 else comment,
            seats=item.number("Ticket_Number_Of_Seats", MAX_SEATS),
            default_price=item.amount("Ticket_Default_Price", currency),
        )

    kinds = _by_code(members, "Tickets", "Ticket_Code", read)
    for name, times in Counter(kind.name for kind in kinds.values()).items():
        if times > 1 or not name:
            raise FileRefused(f"Tickets: {times} ticket types have the name “{printable(name)}”.")
    return kinds


def _groups(
    members: _Members, ticket_types: Collection[str], currency: str
) -> dict[str, PriceGroup]:
    listed: dict[str, dict[str, Decimal]] = {}
    withdrawn: dict[str, set[str]] = {}
    for item in members.all("Price_List"):
        group = item.text("Price_PriceGroup_Code", 100)
        code = item.text("Price_Ticket_Code", 100)
        if code not in ticket_types:
            raise item.fault("Price_Ticket_Code", f"there is no ticket type {printable(code)}.")
        price = item.amount("Price_Price", currency) + item.amount("Price_Surcharge", currency)
        if not item.flag("Price_Valid"):
            withdrawn.setdefault(group, set()).add(code)
        elif listed.setdefault(group, {}).setdefault(code, price) != price:
            raise item.fault("Price_Price", f"{printable(code)} is listed with another price, too.")

    def read(item: _Members) -> PriceGroup:
        code = item.text("Price_Group_Code", 100)
        prices = listed.get(code, {})
        return PriceGroup(
            is_default=item.flag("Price_Group_Programming_Default"),
            is_3d=item.flag("Price_Group_3D"),
            fee_per_ticket=_fee(item, "Fee_Per_Ticket", "Ticket_Fee_Type", currency),
            fee_per_booking=_fee(item, "Fee_Per_Transaction", "Transaction_Fee_Type", currency),
            listed=prices,
            withdrawn=withdrawn.get(code, set()) - prices.keys(),
        )

    return _by_code(members, "Price_Groups", "Price_Group_Code", read)


def _fee(item: _Members, name: str, kind_name: str, currency: str) -> Decimal:
    fee = item.amount(f"Price_Group_{name}", currency)
    kind = item.number(f"Price_Group_{kind_name}", 1000)
    if kind not in (_NO_FEE, _FEE_IS_AMOUNT):
        raise item.fault(f"Price_Group_{kind_name}", f"{kind} is not a known kind of fee.")
    return fee if kind == _FEE_IS_AMOUNT else Decimal(0)


def _session(item: _Members) -> Session:
    return Session(
        number=item.number("Session_Index", 2**63 - 1),
        is_cancelled=item.flag("Session_Cancelled"),
        screen=item.text("Session_Venue_Code", 100),
        film=item.text("Session_Movie_Code", 100),
        group=item.text("Session_Price_Group_Code", 100),
        start=item.text("Session_Date_Time", 40),
        end=item.text("Session_End_Time", 40),
        trailers=item.number("Session_Trailers", 1440),
    )
