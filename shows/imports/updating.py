"""Writing of a file's entries: new shows, and changes of known shows."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from eventbooking_system.errors import DomainError
from eventbooking_system.timezones import on_wall
from shows.errors import ShowOverlap
from shows.imports.comparing import Difference, difference
from shows.imports.errors import printable
from shows.imports.matching import Wanted, local_day, match
from shows.imports.report import Report
from shows.imports.writer import Writer
from shows.models import Show, ShowPrice
from shows.services import change_show, withdraw_show

_PRICES = ShowPrice.objects.select_related("category").order_by(
    "category__position", "category_id", "position"
)
_ADOPTED_AT_ONCE = 500


@dataclass
class ShowsWriter:
    """
    Writes the shows of one kind of file, its `source`.

    The report's rules decide. New ones are scheduled. Differences, and shows that the file lacks,
    are reported, and with an update it is applied: shows change as staff change them, and a show
    that is gone is withdrawn unless it was sold. Only shows that came from such a file can be gone,
    and only on its days.
    """

    writer: Writer
    report: Report
    source: str
    _now: datetime = field(default_factory=timezone.now)

    def write(self, wanted: Sequence[Wanted], *, dropped: Collection[int] = ()) -> None:
        """Write the entries. `dropped` are shows that the file cancels, which are not gone."""
        if not wanted:
            return
        shows = _shows_around(wanted)
        matches = match(wanted, shows)
        self._drop(self._gone(wanted, matches.left, dropped))
        self._change([(wanted[index], matches.found[index]) for index in sorted(matches.found)])
        self._schedule([wanted[index] for index in matches.new])

    def withdraw(self, show: Show, name: str) -> None:
        """Delete an unsold show in an update, and report what happened."""
        what = f"show {show.pk}, “{printable(show.event.title)}”, {_where(show)}"
        if not self.report.is_update:
            self.report.say(f"{name}: {what}, is still on sale.")
            return
        try:
            self.writer.call(withdraw_show, show_id=show.pk)
            self.report.say(f"{name}: {what}, was not sold and is withdrawn.")
        except DomainError as refusal:
            self.report.say(f"{name}: {what}, stays. {refusal.detail}")

    # ---- Shows that the file lacks

    def _gone(
        self, wanted: Sequence[Wanted], left: Sequence[Show], dropped: Collection[int]
    ) -> list[Show]:
        starts: dict[int, list[datetime]] = defaultdict(list)
        for entry in wanted:
            starts[entry.show.screen.venue_id].append(entry.start)
        spans = {venue: (min(of_venue), max(of_venue)) for venue, of_venue in starts.items()}
        keys = {entry.key for entry in wanted if entry.key}
        return [
            show
            for show in left
            if show.pk not in dropped
            and show.final_counts is None
            and show.import_key.startswith(f"{self.source}:")
            and (show.import_key in keys or self._is_within(show, *spans[show.screen.venue_id]))
        ]

    def _is_within(self, show: Show, first: datetime, last: datetime) -> bool:
        """
        Say whether the file would list the show.

        Its days count, but no show that began before it.
        """
        days = [local_day(instant, show) for instant in (first, show.start_time, last)]
        return days == sorted(days) and show.start_time >= min(first, self._now)

    def _drop(self, shows: Sequence[Show]) -> None:
        self.report.gone += len(shows)
        for show in sorted(shows, key=lambda show: (show.start_time, show.pk)):
            self.withdraw(show, "gone")

    # ---- Shows that exist

    def _change(self, pairs: Sequence[tuple[Wanted, Show]]) -> None:
        pending, seen, adopted = [], set(), []
        for entry, show in pairs:
            # A file may list a show twice.
            is_open = show.final_counts is None and show.pk not in seen
            found = difference(show, entry.show) if is_open else Difference()
            seen.add(show.pk)
            if found.changes:
                pending.append((entry, show, found))
            else:
                self.report.same += 1
            key = entry.show.fields["import_key"]
            if show.import_key != key and (entry.key or not show.import_key):
                show.import_key = key
                adopted.append(show)
        Show.objects.bulk_update(adopted, ["import_key"], batch_size=_ADOPTED_AT_ONCE)
        if self.report.is_update:
            self._apply(pending)
        else:
            self.report.changed += len(pending)
            for entry, show, found in pending:
                self.report.say(f"{entry.name}: show {show.pk} differs: {found}.")

    def _apply(self, pending: list[tuple[Wanted, Show, Difference]]) -> None:
        """Apply changes. One that is in the way of another is tried again after it."""
        while pending:
            in_the_way = []
            for entry, show, found in pending:
                try:
                    self.writer.call(change_show, show_id=show.pk, **found.changes)
                except ShowOverlap as refusal:
                    in_the_way.append((entry, show, found, refusal))
                except DomainError as refusal:
                    reason = f"show {show.pk} differs: {found}. {refusal.detail}"
                    self.report.refuse(entry.name, reason)
                else:
                    self.report.changed += 1
                    self.report.say(f"{entry.name}: show {show.pk} changed: {found}.")
            if len(in_the_way) == len(pending):
                for entry, show, found, refusal in in_the_way:
                    reason = f"show {show.pk} differs: {found}. {refusal.detail}"
                    self.report.refuse(entry.name, reason)
                return
            pending = [(entry, show, found) for entry, show, found, _ in in_the_way]

    # ---- New shows

    def _schedule(self, wanted: Sequence[Wanted]) -> None:
        outcomes = self.writer.schedule_all([entry.show for entry in wanted])
        for entry, outcome in zip(wanted, outcomes, strict=True):
            if outcome is True:
                self.report.new += 1
            elif outcome is False:
                self.report.same += 1
            else:
                self.report.refuse(entry.name, outcome)


def _shows_around(wanted: Sequence[Wanted]) -> QuerySet[Show]:
    """
    Select the file's shows: scheduled at its venues on its days.

    Shows with its keys are added.
    """
    venues = {entry.show.screen.venue_id for entry in wanted}
    starts = [entry.start for entry in wanted]
    margin = timedelta(days=2)
    near = Q(start_time__range=(min(starts) - margin, max(starts) + margin))
    keys = {entry.key for entry in wanted if entry.key}
    return (
        Show.objects.filter(near | Q(import_key__in=keys), status=Show.Status.SCHEDULED)
        .filter(screen__venue__in=venues)
        .select_related("event", "screen__venue")
        .prefetch_related(Prefetch("show_prices", _PRICES, to_attr="prices_in_order"))
        .order_by("start_time", "pk")
    )


def _where(show: Show) -> str:
    start = on_wall(show.start_time, show.screen.venue.timezone)
    return f"{start}, on {printable(show.screen.name)}"
