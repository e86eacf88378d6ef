"""The shapes of requests for many shows, and of their answer."""

from rest_framework import serializers

from eventbooking_system.api.serializers import (
    IdField,
    StrictBooleanField,
    StrictCharField,
    StrictIntegerField,
    StrictSerializer,
)
from shows.serializers.shows import PricedSerializer
from shows.services import MAX_SHOWS


class ProgrammedShowSerializer(PricedSerializer):
    """A show of a programme. Events and screens are looked up together."""

    event = IdField()
    screen = IdField()

    class Meta(PricedSerializer.Meta):
        fields = ["event", "screen", *PricedSerializer.Meta.fields]


class ProgrammeSerializer(StrictSerializer):
    """The choices of each request for many shows."""

    on_conflict = serializers.ChoiceField(
        ["fail", "skip"], default="fail", help_text="Schedule all or none, or skip what is refused."
    )
    dry_run = StrictBooleanField(default=False, help_text="Only report the effects.")


class BulkSerializer(ProgrammeSerializer):
    shows = serializers.ListField(
        child=ProgrammedShowSerializer(), min_length=1, max_length=MAX_SHOWS
    )


class CopySerializer(ProgrammeSerializer):
    venue = IdField()
    from_week = serializers.DateField(help_text="The first of the days to copy.")
    to_week = serializers.DateField(help_text="The first of the days to fill.")
    also_to = serializers.ListField(
        child=serializers.DateField(),
        required=False,
        max_length=31,
        help_text="More first days to fill, all in one transaction.",
    )
    days = StrictIntegerField(
        min_value=1, max_value=7, default=7, help_text="The number of days: 1 copies a day."
    )
    screens = serializers.ListField(
        child=IdField(), required=False, max_length=100, help_text="All screens, if missing."
    )

    def validate(self, attrs: dict) -> dict:
        if attrs["from_week"] == attrs["to_week"]:
            raise serializers.ValidationError({"to_week": ["Choose another week."]})
        others = attrs.get("also_to", [])
        if len({attrs["from_week"], attrs["to_week"], *others}) < 2 + len(others):
            raise serializers.ValidationError(
                {"also_to": ["Name each day once, and not the first."]}
            )
        return attrs


class RepeatSerializer(ProgrammeSerializer):
    show = IdField()
    rrule = StrictCharField(max_length=200, help_text="RFC 5545: `FREQ=WEEKLY;BYDAY=FR,SA`.")
    until = serializers.DateField(help_text="The last day, in the venue's zone.")

    def get_fields(self) -> dict:
        # `except` is a keyword of Python, so the class body cannot name it.
        days = serializers.ListField(
            child=serializers.DateField(), source="skip_days", required=False, max_length=366
        )
        return {**super().get_fields(), "except": days}


class ProgrammedSerializer(serializers.Serializer):
    """A show that was scheduled, or would be."""

    id = serializers.SerializerMethodField()
    event = serializers.IntegerField(source="event_id")
    screen = serializers.IntegerField(source="screen_id")
    start_time = serializers.DateTimeField()
    end_time = serializers.DateTimeField()

    def get_id(self, show) -> int | None:
        return None if self.root.instance.dry_run else show.pk


class SkippedSerializer(serializers.Serializer):
    index = serializers.IntegerField(help_text="The place in the request, or in the copied order.")
    code = serializers.CharField()
    detail = serializers.CharField()


class ProgrammeResultSerializer(serializers.Serializer):
    dry_run = serializers.BooleanField()
    created = serializers.SerializerMethodField(help_text="Empty after a dry run.")
    shows = ProgrammedSerializer(many=True)
    skipped = SkippedSerializer(many=True)

    def get_created(self, programme) -> list[int]:
        return [] if programme.dry_run else [show.pk for show in programme.shows]


class RaiseCapacitySerializer(StrictSerializer):
    screen = IdField()
    area = StrictCharField(max_length=100, help_text="The name of an area of the screen.")
    capacity = StrictIntegerField(min_value=1, max_value=100_000)
    dry_run = StrictBooleanField(default=False, help_text="Only report the effects.")


class RaisedCapacitySerializer(serializers.Serializer):
    dry_run = serializers.BooleanField()
    added = serializers.IntegerField(help_text="The number of new places.")
    shows = serializers.ListField(
        child=serializers.IntegerField(), help_text="The shows to come that sell them."
    )
