"""Serializers of events and genres."""

from typing import Any

from django.core.validators import URLValidator, validate_slug
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from eventbooking_system.api.serializers import StrictCharField, StrictModelSerializer
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
    poster_url = StrictCharField(
        max_length=500,
        required=False,
        allow_blank=True,
        validators=[URLValidator(["http", "https"])],
    )

    class Meta:
        model = Event
        fields = [
            "id", "kind", "title", "slug", "description", "duration_minutes", "language",
            "certificate", "genres", "release_date", "cast", "poster_url", "is_published",
        ]  # fmt: skip


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
