"""Serializers of exchanges."""

from typing import Any

from rest_framework import serializers

from bookings.serializers.bookings import QuoteSerializer
from bookings.serializers.cancelling import TicketIdsField
from bookings.serializers.holding import BookingRequestSerializer
from eventbooking_system.api.serializers import AmountField, StrictBooleanField, StrictSerializer


class ExchangeRequestSerializer(BookingRequestSerializer):
    """A request for seats in exchange for tickets. Promo codes are for new bookings."""

    ticket_ids = TicketIdsField(required=False, help_text="All tickets, if left out.")
    dry_run = StrictBooleanField(required=False, help_text="Only say the price.")
    promo_code = None

    def run_validation(self, data: Any = serializers.empty) -> dict[str, Any]:
        return StrictSerializer.run_validation(self, data)


class ExchangeQuoteSerializer(QuoteSerializer):
    """The price of an exchange. Nothing is held."""

    exchanged_from = serializers.IntegerField()
    credit = AmountField(help_text="The part of the total that the older tickets pay.")
    amount_due = AmountField(help_text="The part of the total that the customer must still pay.")
    refund = AmountField(help_text="The refund, if the new seats cost less.")
