"""The values that messages can contain."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

Words = tuple[str, list[str]]
"""The subject of a message, and its paragraphs. Empty ones are left out."""


@dataclass(frozen=True)
class DisputeFacts:
    """The facts of a dispute for staff; the amount has its currency."""

    state: str
    provider_id: str
    reason: str
    amount: str
    evidence_due_at: datetime | None
    link: str


@dataclass(frozen=True)
class PassedOn:
    """A ticket that is passed on. It has the other person, the seat, and the sender's own words."""

    person: str
    seat: str
    message: str = ""


@dataclass(frozen=True)
class Facts:
    """
    The values that a message can contain.

    Amounts are formatted texts without the currency. Times are instants.
    """

    kind: str
    first_name: str
    reference: str
    title: str
    venue: str
    address: str
    screen: str
    zone: str
    start: datetime
    seats: tuple[str, ...]
    total: str
    currency: str
    link: str
    refund: str = ""
    status: str = ""
    pay_until: datetime | None = None
    old_start: datetime | None = None
    old_zone: str = ""
    reason: str = ""
    has_tickets: bool = False
    dispute: DisputeFacts | None = None
    is_elsewhere: bool = False
    give_back_until: datetime | None = None
    cancelled_seats: tuple[str, ...] = ()
    exchanged_from: str = ""
    passed_on: PassedOn | None = None
    show_is_cancelled: bool = False
    logo: str = ""
    tax_id: str = ""

    @property
    def when(self) -> str:
        return self.on_the_wall(self.start)

    def on_the_wall(self, instant: datetime, zone: str = "") -> str:
        """Format an instant in the venue's zone, with the zone's name."""
        zone = zone or self.zone
        local = instant.astimezone(ZoneInfo(zone))
        # Translators: a day and a time, in the letters of Django's date filter.
        pattern = _("l j F Y, H:i")
        return f"{date_format(local, pattern)} {local:%Z} ({zone})"

    @property
    def money(self) -> str:
        """The refund with its currency, or an empty text for no refund."""
        is_something = bool(self.refund.strip("0."))
        return f"{self.refund} {self.currency}" if is_something else ""


def given_back(facts: Facts) -> str:
    """Say how much money goes back, if any."""
    return _("We are sending back %(amount)s.") % {"amount": facts.money} if facts.money else ""
