"""Which entry of a file is which show."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from shows.models import Show
from shows.services import NewShow


@dataclass(frozen=True)
class Wanted:
    """
    An entry of a file, with the show that it describes.

    `name` is for the report. `key` identifies the entry in the system that wrote the file, if it says.
    """

    name: str
    show: NewShow
    key: str = ""

    @property
    def start(self) -> datetime:
        return self.show.fields["start_time"]


@dataclass
class Matches:
    """
    The show of each entry, by index, and what has no match.

    These are new entries and shows without an entry.
    """

    found: dict[int, Show] = field(default_factory=dict)
    new: list[int] = field(default_factory=list)
    left: list[Show] = field(default_factory=list)


def match(wanted: Sequence[Wanted], shows: Iterable[Show]) -> Matches:
    """
    Find the show of each entry.

    An entry's show has the entry's key, or the same film, screen and start. The others are paired
    with shows of the same film, screen and day, the nearest in time first: they have moved.
    """
    matches = Matches()
    shows = list(shows)
    # A key without a part after its colon only says where a show came from.
    by_key = {show.import_key: show for show in shows if not show.import_key.endswith(":")}
    by_slot = {_slot_of(show): show for show in shows}
    rest = []
    for index, entry in enumerate(wanted):
        show = by_key.get(entry.key) if entry.key else None
        if show is None or not _is_same_event(show, entry):
            show = by_slot.get((entry.show.event.pk, entry.show.screen.pk, entry.start))
        if show is None:
            rest.append(index)
        else:
            matches.found[index] = show
    known = {show.pk for show in matches.found.values()}
    free = [show for show in shows if show.pk not in known]
    _pair_moved(wanted, rest, free, matches)
    known = {show.pk for show in matches.found.values()}
    matches.new = [index for index in rest if index not in matches.found]
    matches.left = [show for show in free if show.pk not in known]
    return matches


def _pair_moved(
    wanted: Sequence[Wanted],
    rest: Iterable[int],
    shows: Iterable[Show],
    matches: Matches,
) -> None:
    """Pair the other entries and shows of a film, screen and day."""
    by_day: dict[tuple[int, int, date], list[Show]] = defaultdict(list)
    for show in shows:
        day = local_day(show.start_time, show)
        by_day[show.event_id, show.screen_id, day].append(show)
    pairs = []
    for index in rest:
        entry = wanted[index]
        day = local_day(entry.start, entry.show)
        for show in by_day[entry.show.event.pk, entry.show.screen.pk, day]:
            pairs.append((abs(show.start_time - entry.start), index, show.pk, show))
    taken: set[int] = set()
    for _, index, pk, show in sorted(pairs, key=lambda pair: pair[:3]):
        if index not in matches.found and pk not in taken:
            matches.found[index] = show
            taken.add(pk)


def local_day(instant: datetime, show: Show | NewShow) -> date:
    """Return the day of an instant at the venue of a show."""
    return instant.astimezone(ZoneInfo(show.screen.venue.timezone)).date()


def _slot_of(show: Show) -> tuple[int, int, datetime]:
    return show.event_id, show.screen_id, show.start_time


def _is_same_event(show: Show, entry: Wanted) -> bool:
    return (show.event_id, show.screen_id) == (entry.show.event.pk, entry.show.screen.pk)
