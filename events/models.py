"""The catalogue: events and their genres, without times and places."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.core.validators import MaxValueValidator, MinValueValidator, URLValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from simple_history.models import HistoricalRecords

from eventbooking_system.cache.catalogue import CatalogueQuerySet, InvalidatesCatalogue
from eventbooking_system.db.text_search import FoldedField, HasFoldedText
from eventbooking_system.plain_text import validate_line
from events.querysets import EventQuerySet, GenreQuerySet

MAX_GENRES = 20
MAX_CAST = 200
MAX_NAME_LENGTH = 100


class Genre(HasFoldedText, InvalidatesCatalogue):
    """A genre, such as Drama. "Drama" and "drama" are one genre."""

    name = models.CharField(max_length=50)
    name_folded = FoldedField("name")

    objects = GenreQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="events_genre_unique_name")]

    def __str__(self) -> str:
        return self.name


def validate_cast(cast: Any) -> None:
    """Refuse a cast that is not a list of names."""
    if not isinstance(cast, list) or len(cast) > MAX_CAST:
        raise ValidationError(f"Give a list of up to {MAX_CAST} names.")
    if not all(isinstance(name, str) and 0 < len(name.strip()) <= MAX_NAME_LENGTH for name in cast):
        raise ValidationError(f"Each name has 1 to {MAX_NAME_LENGTH} characters.")
    for name in cast:
        validate_line(name)


def poster_file(name: str, width: int) -> str:
    """Return the stored file of one size of an uploaded poster."""
    return f"posters/{name}-{width}.jpg"


class Event(HasFoldedText, InvalidatesCatalogue):
    """A film, a concert or a match. Only staff see it until it is published."""

    class Kind(models.TextChoices):
        MOVIE = "movie"
        CONCERT = "concert"
        PLAY = "play"
        COMEDY = "comedy"
        SPORT = "sport"
        EXHIBITION = "exhibition"
        CONFERENCE = "conference"
        OTHER = "other"

    kind = models.CharField(max_length=12, choices=Kind)
    title = models.CharField(max_length=300)
    short_title = models.CharField(
        max_length=60,
        blank=True,
        default="",
        db_default="",
        help_text="For tickets and small signs.",
    )
    slug = models.SlugField(max_length=300, unique=True)
    description = models.TextField(blank=True, max_length=10_000)
    duration_minutes = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(6000)]
    )
    language = models.CharField(max_length=50, blank=True)
    certificate = models.CharField(max_length=20, blank=True, help_text="Age rating, such as 12A.")
    distributor = models.CharField(max_length=100, blank=True, default="", db_default="")
    national_code = models.CharField(
        max_length=40, blank=True, default="", db_default="",
        help_text="The film's number in the register of its country, for returns.",
    )  # fmt: skip
    trailer_url = models.URLField(
        blank=True, max_length=500, default="", db_default="",
        validators=[URLValidator(["http", "https"])],
    )  # fmt: skip
    genres = models.ManyToManyField(
        "events.Genre", through="events.EventGenre", blank=True, related_name="events"
    )
    release_date = models.DateField(null=True, blank=True)
    cast = models.JSONField(
        default=list,
        blank=True,
        validators=[validate_cast],
        help_text="Names, the first billed first.",
    )
    poster_url = models.URLField(
        blank=True, max_length=500, validators=[URLValidator(["http", "https"])]
    )
    # An uploaded poster: its `name`, and its `sizes` as width and height, the narrowest first.
    poster = models.JSONField(null=True, blank=True, editable=False)
    is_published = models.BooleanField(default=False)
    title_folded = FoldedField("title")
    text_folded = FoldedField("description", "cast")
    # The files of an earlier poster are deleted, so no earlier version names them.
    history = HistoricalRecords(excluded_fields=["title_folded", "text_folded", "poster"])

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["title", "pk"]
        indexes = [
            models.Index(fields=["title"], name="events_event_title"),
            models.Index(
                fields=["id"], condition=Q(is_published=False), name="events_event_unpublished"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def poster_sizes(self) -> list[dict[str, Any]]:
        """The uploaded poster's address in each size, the narrowest first."""
        if not self.poster:
            return []
        name = self.poster["name"]
        return [
            {"width": width, "height": height, "url": default_storage.url(poster_file(name, width))}
            for width, height in self.poster["sizes"]
        ]

    @property
    def shown_poster_url(self) -> str:
        """The address of the largest uploaded poster, otherwise the typed one."""
        sizes = self.poster_sizes
        return sizes[-1]["url"] if sizes else self.poster_url


class EventGenre(InvalidatesCatalogue):
    """A genre of an event. As a model it invalidates the catalogue when genres change."""

    event = models.ForeignKey("events.Event", models.CASCADE)
    genre = models.ForeignKey("events.Genre", models.CASCADE)

    objects = CatalogueQuerySet.as_manager()

    class Meta:
        # The name that Django gives the table of a many-to-many field.
        db_table = "events_event_genres"
        unique_together = [("event", "genre")]

    def __str__(self) -> str:
        return f"{self.event}: {self.genre}"
