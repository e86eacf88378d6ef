"""Serializers of bookings, payments, promo codes and cancellations."""

from bookings.serializers.bookings import (
    BookedSeatSerializer,
    BookingResponseSerializer,
    ExpandedBookingSerializer,
    QuoteSerializer,
)
from bookings.serializers.cancelling import (
    CancellationSerializer,
    CancelledLineSerializer,
    CancelQuerySerializer,
    CancelSerializer,
    ShowCancellationSerializer,
    ShowCancelRequestSerializer,
    TicketIdsField,
    is_dry_run,
)
from bookings.serializers.exchanging import (
    ExchangeQuoteSerializer,
    ExchangeRequestSerializer,
)
from bookings.serializers.holding import (
    MAX_SEATS,
    BookingRequestSerializer,
    QuoteRequestSerializer,
    TicketTypeField,
    TicketTypesField,
)
from bookings.serializers.payments import (
    NextActionSerializer,
    PaidBookingSerializer,
    PaymentOfAnotherSerializer,
    PaymentRequestSerializer,
    PaymentSerializer,
)
from bookings.serializers.promo_codes import (
    MadePromoCodesSerializer,
    PromoCodeSerializer,
    PromoCodesSerializer,
)
from bookings.serializers.queries import (
    AllSerializer,
    BookingQuerySerializer,
    DryRunSerializer,
    ExpandSerializer,
)

__all__ = [
    "MAX_SEATS",
    "AllSerializer",
    "BookedSeatSerializer",
    "BookingQuerySerializer",
    "BookingRequestSerializer",
    "BookingResponseSerializer",
    "CancelQuerySerializer",
    "CancelSerializer",
    "CancellationSerializer",
    "CancelledLineSerializer",
    "DryRunSerializer",
    "ExchangeQuoteSerializer",
    "ExchangeRequestSerializer",
    "ExpandSerializer",
    "ExpandedBookingSerializer",
    "MadePromoCodesSerializer",
    "NextActionSerializer",
    "PaidBookingSerializer",
    "PaymentOfAnotherSerializer",
    "PaymentRequestSerializer",
    "PaymentSerializer",
    "PromoCodeSerializer",
    "PromoCodesSerializer",
    "QuoteRequestSerializer",
    "QuoteSerializer",
    "ShowCancelRequestSerializer",
    "ShowCancellationSerializer",
    "TicketIdsField",
    "TicketTypeField",
    "TicketTypesField",
    "is_dry_run",
]
