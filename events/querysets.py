"""What can be said about events in a query."""

import json
from functools import reduce
from operator import or_
from typing import Self

from django.db.models import Exists, OuterRef, Q, Subquery

from eventbooking_system.capitals import has_word
from eventbooking_system.catalogue import CatalogueQuerySet


class GenreQuerySet(CatalogueQuerySet):
    def visible_to(self, *, is_staff: bool) -> Self:
        """Genres of published events; staff see those of no event, too."""
        if is_staff:
            return self
        events = self.model._meta.get_field("events").related_model.objects.published()
        return self.filter(Exists(events.filter(genres=OuterRef("pk"))))

    def named(self, names: list[str]) -> Self:
        """Those of these names, in any case."""
        matches = Q(pk__in=[])
        for name in names:
            matches |= Q(name__iexact=name)
        return self.filter(matches)


class EventQuerySet(CatalogueQuerySet):
    def published(self) -> Self:
        return self.filter(is_published=True)

    def visible_to(self, *, is_staff: bool) -> Self:
        return self if is_staff else self.published()

    def of_genre(self, lookup: str, value: str) -> Self:
        """Events with a genre whose name matches. A subquery, so that none comes twice."""
        return self.filter(self._has_genre(lookup, value))

    def matching(self, word: str) -> Self:
        """Events with the word in their title, description, cast or genres."""
        # SQLite keeps the letters of JSON that are not ASCII in their escaped form.
        spellings = sorted({word, json.dumps(word)[1:-1]})
        return self.filter(
            has_word("title_capitals", word)
            | reduce(or_, (has_word("text_capitals", spelling) for spelling in spellings))
            | Q(self._has_genre("icontains", word))
        )

    def with_show(self, condition: Q) -> Self:
        """Events with a scheduled show that meets the condition."""
        shows = self.model._meta.get_field("shows").related_model.objects
        scheduled = shows.filter(condition, status="scheduled", event=OuterRef("pk"))
        return self.filter(Exists(scheduled))

    def with_show_since_or_until(self, days: Q) -> Self:
        """
        The same of days that have no first or no last, when nearly every event has a show.

        The first of each is looked up: otherwise the database reads all shows of those days.
        """
        shows = self.model._meta.get_field("shows").related_model.objects
        scheduled = shows.filter(days, status="scheduled", event=OuterRef("pk"))
        first = Subquery(scheduled.order_by("start_time").values("start_time")[:1])
        return self.alias(first_show=first).filter(first_show__isnull=False)

    def _has_genre(self, lookup: str, value: str) -> Exists:
        genres = self.model._meta.get_field("genres").related_model.objects
        return Exists(genres.filter(**{f"name__{lookup}": value}, events=OuterRef("pk")))
