"""Querysets of events and genres."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self

from django.db.models import Exists, OuterRef, Q, Subquery

from eventbooking_system.cache.catalogue import CatalogueQuerySet
from eventbooking_system.db.text_search import fold, has_word

_WITHIN_REACH = timedelta(days=2)


class GenreQuerySet(CatalogueQuerySet):
    def visible_to(self, *, is_staff: bool) -> Self:
        """Keep genres of published events. Staff see all genres."""
        if is_staff:
            return self
        events = self.model._meta.get_field("events").related_model.objects.published()
        return self.filter(Exists(events.filter(genres=OuterRef("pk"))))

    def named(self, names: list[str]) -> Self:
        """Keep genres with one of these names, in upper or lower case."""
        matches = Q(pk__in=[])
        for name in names:
            matches |= Q(name__iexact=name)
        return self.filter(matches)


class EventQuerySet(CatalogueQuerySet):
    def published(self) -> Self:
        return self.filter(is_published=True)

    def visible_to(self, *, is_staff: bool) -> Self:
        return self if is_staff else self.published()

    def of_genre(self, name: str) -> Self:
        """Keep events with a genre of this name. The subquery returns each event once."""
        return self.filter(self._has_genre(Q(name_folded=fold(name))))

    def matching(self, word: str) -> Self:
        """
        Keep events that contain the word.

        The title, description, cast and genres are searched.
        """
        return self.filter(
            has_word("title_folded", word)
            | has_word("text_folded", word)
            | Q(self._has_genre(has_word("name_folded", word)))
        )

    def with_show(self, condition: Q) -> Self:
        """Keep events with a scheduled show that meets the condition."""
        scheduled = self._listed_shows().filter(condition, event=OuterRef("pk"))
        return self.filter(Exists(scheduled))

    def with_show_since(self, first: date, days: Q) -> Self:
        """Keep events with a scheduled show on `first` or later. `days` is the exact condition."""
        # No zone is a whole day away from UTC, so these instants are on such days everywhere.
        begin = datetime.combine(first, time.min, UTC) + timedelta(days=1)
        return self._with_show_on_many(days, surely=(begin, begin + _WITHIN_REACH))

    def with_show_until(self, last: date, days: Q) -> Self:
        """Keep events with a scheduled show on `last` or earlier. `days` is the exact condition."""
        end = datetime.combine(last, time.min, UTC)
        return self._with_show_on_many(days, surely=(end - _WITHIN_REACH, end))

    def _with_show_on_many(self, days: Q, *, surely: tuple[datetime, datetime]) -> Self:
        """
        Keep events with a scheduled show on many days.

        Most events have a show between the two instants in `surely`, which are on those days in
        every zone. The database looks for a first show of the other events only. To look for all
        would be to read all shows of those days.
        """
        scheduled = self._listed_shows().order_by()
        soon = scheduled.filter(start_time__range=surely).values("event")
        of_event = scheduled.filter(days, event=OuterRef("pk")).order_by("start_time")
        first = Subquery(of_event.values("start_time")[:1])
        return self.alias(first_show=first).filter(Q(pk__in=soon) | Q(first_show__isnull=False))

    def _listed_shows(self) -> Any:
        shows = self.model._meta.get_field("shows").related_model.objects
        return shows.listed().filter(status="scheduled")

    def _has_genre(self, condition: Q) -> Exists:
        genres = self.model._meta.get_field("genres").related_model.objects
        return Exists(genres.filter(condition, events=OuterRef("pk")))
