"""The shapes of shows and their seats at the API."""

from shows.serializers.fields import AreasField, SeatIdsField
from shows.serializers.seats import (
    AvailabilityRequestSerializer,
    AvailabilitySerializer,
    BestSeatsRequestSerializer,
    BestSeatsSerializer,
    BlockSeatsSerializer,
    SeatMapSerializer,
)
from shows.serializers.shows import (
    ShowCreateSerializer,
    ShowDetailSerializer,
    ShowSerializer,
    ShowUpdateSerializer,
)

__all__ = [
    "AreasField",
    "AvailabilityRequestSerializer",
    "AvailabilitySerializer",
    "BestSeatsRequestSerializer",
    "BestSeatsSerializer",
    "BlockSeatsSerializer",
    "SeatIdsField",
    "SeatMapSerializer",
    "ShowCreateSerializer",
    "ShowDetailSerializer",
    "ShowSerializer",
    "ShowUpdateSerializer",
]
