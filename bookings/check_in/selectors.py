"""Reads for the door: counts of visitors, and tickets' holders."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Count, Q, QuerySet, Value
from django.db.models.functions import Concat, Now
from django.utils import timezone

from bookings.models import Ticket
from bookings.services import door_times
from shows.models import Show

MAX_FOUND = 50
# Staff at the door see no show that begins later.
_AHEAD = timedelta(hours=24)


@dataclass
class Party:
    """The tickets of one person in one booking."""

    name: str
    reference: str
    tickets: list[Ticket] = field(default_factory=list)

    @property
    def seats(self) -> str:
        return " ".join(str(ticket.seat) for ticket in self.tickets)

    @property
    def types(self) -> str:
        """The ticket types with their numbers, such as "Adult 2, Child 1"."""
        counts: dict[str, int] = {}
        for ticket in self.tickets:
            name = ticket.booked_seat.ticket_type or ticket.seat.category.name
            counts[name] = counts.get(name, 0) + 1
        return ", ".join(f"{name} {count}" for name, count in counts.items())

    @property
    def came_in(self) -> int:
        return sum(ticket.checked_in_at is not None for ticket in self.tickets)


def shows_at_doors(*, venue_id: int | None = None) -> list[Show]:
    """
    Return shows that run now or begin within a day.

    They have `expected` and `checked_in`. Both count tickets. A venue's shows only, if one is
    named.
    """
    shows = Show.objects.filter(
        end_time__gte=Now(), start_time__lte=timezone.now() + _AHEAD, status="scheduled"
    )
    if venue_id is not None:
        shows = shows.filter(screen__venue=venue_id)
    found = list(shows.select_related("event", "screen__venue").order_by("start_time", "pk"))
    counts = counts_at_doors([show.pk for show in found])
    for show in found:
        show.doors_open_at, show.doors_close_at = door_times(show)
        show.expected, show.checked_in = counts.get(show.pk, (0, 0))
    return found


def counts_at_doors(show_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Return the counts of valid and of checked-in tickets per show."""
    rows = (
        Ticket.objects.in_force()
        .filter(booking__show__in=show_ids)
        .order_by()
        .values_list("booking__show")
        .annotate(Count("pk"), Count("checked_in_at"))
    )
    return {show: (expected, checked_in) for show, expected, checked_in in rows}


def door_list(show: Show) -> list[Party]:
    """Return who comes to a show, by name."""
    tickets = _tickets(show).order_by("pk")
    return sorted(_parties(tickets), key=lambda party: (party.name.casefold(), party.reference))


def find_parties(show: Show, *, text: str) -> list[Party]:
    """
    Return the parties that a text names.

    All of its words are in the name, or it is the booking's reference. The reference may be typed
    without its dash. At most MAX_FOUND tickets are looked at.
    """
    words = text.split()
    if not words:
        return []
    by_name = Q()
    for word in words:
        by_name &= Q(customer__icontains=word)
    compact = text.replace("-", "").replace(" ", "").upper()
    by_reference = Q(booking__reference=f"{compact[:4]}-{compact[4:]}")
    tickets = _tickets(show).annotate(
        customer=Concat(
            "holder_name",
            Value(" "),
            "booking__customer_name",
            Value(" "),
            "booking__user__first_name",
            Value(" "),
            "booking__user__last_name",
        )
    )
    found = tickets.filter(by_name | by_reference).order_by("customer", "pk")[:MAX_FOUND]
    return _parties(found)


def _tickets(show: Show) -> QuerySet[Ticket]:
    return Ticket.objects.in_force().filter(booking__show=show).with_show_and_seat()


def _parties(tickets: Iterable[Ticket]) -> list[Party]:
    parties: dict[tuple[str, str], Party] = {}
    for ticket in tickets:
        name, reference = ticket.person_name, ticket.booking.reference
        party = parties.setdefault((name, reference), Party(name, reference))
        party.tickets.append(ticket)
    return list(parties.values())
