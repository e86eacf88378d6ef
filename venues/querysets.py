"""Querysets of venues, screens and seats."""

import math
from typing import Self

from django.db import models
from django.db.models import (
    Count,
    Exists,
    F,
    FloatField,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
    Value,
)
from django.db.models.functions import ASin, Coalesce, Cos, Least, Now, Power, Radians, Sin, Sqrt

from eventbooking_system.cache.catalogue import CatalogueQuerySet
from eventbooking_system.db.text_search import has_word

EARTH_RADIUS_KM = 6371.0088
# Half the circumference of the Earth.
MAX_DISTANCE_KM = 20_016


class VenueQuerySet(CatalogueQuerySet):
    def matching(self, word: str) -> Self:
        """Keep venues that have the word in their name, city or address."""
        return self.filter(has_word("name_folded", word) | has_word("address_folded", word))

    def within(self, *, latitude: float, longitude: float, radius_km: float) -> Self:
        """Keep venues within a great-circle distance, annotated with `distance_km`."""
        # The box rules out most venues by plain comparisons. The circle needs trigonometry.
        nearby = self.filter(_box(latitude, longitude, radius_km))
        return nearby.annotate(distance_km=_distance_km(latitude, longitude)).filter(
            distance_km__lte=radius_km
        )

    def sold_ahead(self) -> models.QuerySet:
        """Return the venues' scheduled shows to come with sold or held seats."""
        screens = self.model._meta.get_field("screens").related_model
        shows = screens._meta.get_field("shows").related_model
        seats = shows._meta.get_field("show_seats").related_model.objects
        taken = seats.filter(
            Q(status="booked") | Q(status="held", held_until__gt=Now()), show=OuterRef("pk")
        )
        return shows.objects.filter(
            Exists(taken), screen__venue__in=self, status="scheduled", start_time__gt=Now()
        )


def _box(latitude: float, longitude: float, radius_km: float) -> Q:
    """Build the condition of the box round a circle. Venues without a position are outside."""
    angle = radius_km / EARTH_RADIUS_KM
    south, north = (latitude + math.degrees(sign * angle) for sign in (-1, 1))
    rows = Q(latitude__gte=south, latitude__lte=north, longitude__isnull=False)
    if south <= -90 or north >= 90:
        return rows  # A circle round a pole crosses every meridian.
    width = math.degrees(math.asin(math.sin(angle) / math.cos(math.radians(latitude))))
    west, east = longitude - width, longitude + width
    if west < -180:
        return rows & (Q(longitude__gte=west + 360) | Q(longitude__lte=east))
    if east > 180:
        return rows & (Q(longitude__gte=west) | Q(longitude__lte=east - 360))
    return rows & Q(longitude__gte=west, longitude__lte=east)


def _distance_km(latitude: float, longitude: float) -> models.Func:
    """Build the haversine formula, which is precise at short range."""
    half_north = (Radians(F("latitude")) - Value(math.radians(latitude))) / Value(2.0)
    half_east = (Radians(F("longitude")) - Value(math.radians(longitude))) / Value(2.0)
    squared_half_chord = Power(Sin(half_north), Value(2.0)) + Power(
        Sin(half_east), Value(2.0)
    ) * Cos(Radians(F("latitude"))) * Value(math.cos(math.radians(latitude)))
    # Rounding may give slightly more than 1 for the antipode, and that has no arc sine.
    bounded = Least(squared_half_chord, Value(1.0), output_field=FloatField())
    return ASin(Sqrt(bounded)) * Value(2 * EARTH_RADIUS_KM)


class ScreenQuerySet(CatalogueQuerySet):
    def with_capacity(self) -> Self:
        """Annotate `capacity`, the number of seats and places."""
        seats = self.model._meta.get_field("seats").related_model.objects
        counted = (
            seats.filter(screen=OuterRef("pk"))
            .order_by()
            .values("screen")
            .annotate(count=Count("pk"))
            .values("count")
        )
        return self.annotate(capacity=Coalesce(Subquery(counted, output_field=IntegerField()), 0))


class SeatQuerySet(CatalogueQuerySet):
    def stock(self) -> models.QuerySet:
        """Return the show seats of these seats."""
        stock = self.model._meta.get_field("show_seats").related_model.objects
        return stock.filter(seat__in=self)

    def needed_by_shows(self) -> Self:
        """
        Keep seats that shows still need, because they are or were sold.

        A cancelled show that nobody ever booked needs no seats.
        """
        needed = self.stock().filter(
            ~Q(show__status="cancelled") | Q(booked_seats__isnull=False) | Q(booking__isnull=False)
        )
        return self.filter(pk__in=needed.values("seat"))
