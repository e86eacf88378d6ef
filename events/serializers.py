"""Serializers of events and genres."""

from typing import Any

from django.core.validators import URLValidator, validate_slug
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from eventbooking_system.api.serializers import (
    StrictCharField,
    StrictModelSerializer,
    StrictSerializer,
)
from events.models import MAX_CAST, MAX_GENRES, MAX_NAME_LENGTH, Event, Genre


class GenreNamesField(serializers.ListField):
    """A list of genres, by their names."""

    child = StrictCharField(max_length=50)
    default_error_messages = {"duplicate": "A genre appears twice."}

    def to_internal_value(self, data: Any) -> list[str]:
        names = super().to_internal_value(data)
        if len({name.lower() for name in names}) < len(names):
            self.fail("duplicate")
        return names

    def to_representation(self, data: Any) -> list[str]:
        return [genre.name for genre in data.all()]


class PosterAddressField(StrictCharField):
    """
    The address of a poster.

    A typed address is on the web, and an uploaded poster has a path here.
    """


class PosterSizeSerializer(serializers.Serializer):
    """An uploaded poster in one size."""

    width = serializers.IntegerField()
    height = serializers.IntegerField()
    url = serializers.CharField(
        help_text="Relative to this server, unless MEDIA_URL names another."
    )


@extend_schema_field(PosterSizeSerializer(many=True))
class PosterField(serializers.ReadOnlyField):
    """The sizes of an event's uploaded poster."""

    def __init__(self) -> None:
        super().__init__(
            source="poster_sizes",
            help_text="The uploaded poster in each size, the narrowest first. Empty without one.",
        )


class PosterUploadSerializer(StrictSerializer):
    poster = serializers.FileField(help_text="A JPEG, PNG or WebP image.")


class EventSerializer(StrictModelSerializer):
    slug = StrictCharField(
        max_length=300,
        required=False,
        validators=[validate_slug],
        help_text="Default for a new event: derived from its title.",
    )
    genres = GenreNamesField(
        required=False,
        max_length=MAX_GENRES,
        help_text="Names in any order. Upper and lower case are equal, and new names are added.",
    )
    cast = serializers.ListField(
        child=StrictCharField(max_length=MAX_NAME_LENGTH),
        required=False,
        max_length=MAX_CAST,
        help_text="Names in the order of billing.",
    )
    poster_url = PosterAddressField(
        max_length=500,
        required=False,
        allow_blank=True,
        help_text="The uploaded poster in its largest size, otherwise the address that was typed.",
    )
    poster = PosterField()
    trailer_url = StrictCharField(
        max_length=500,
        required=False,
        allow_blank=True,
        validators=[URLValidator(["http", "https"])],
    )

    class Meta:
        model = Event
        fields = [
            "id", "kind", "title", "slug", "description", "duration_minutes", "language",
            "certificate", "genres", "release_date", "cast", "poster_url", "poster", "is_published",
            "short_title", "distributor", "national_code", "trailer_url",
        ]  # fmt: skip

    def validate_poster_url(self, value: str) -> str:
        # A client may send back the path of the uploaded poster, which it read.
        if value and not (self.instance and value == self.instance.shown_poster_url):
            URLValidator(["http", "https"])(value)
        return value

    def to_representation(self, instance: Event) -> dict[str, Any]:
        # Written, it is the typed address.
        return {**super().to_representation(instance), "poster_url": instance.shown_poster_url}


class ExpandedEventSerializer(EventSerializer):
    """The documentation of a listed event, with its shows if requested."""

    shows = serializers.SerializerMethodField(help_text="With `?expand=shows`.")
    sent_to_some = ["shows"]

    class Meta(EventSerializer.Meta):
        fields = [*EventSerializer.Meta.fields, "shows"]

    @extend_schema_field({"type": "array", "items": {"$ref": "#/components/schemas/Show"}})
    def get_shows(self, event: Event) -> list[Any]:
        raise NotImplementedError("events.expansion adds them.")


class GenreSerializer(serializers.ModelSerializer):
    class Meta:
        model = Genre
        fields = ["id", "name"]
