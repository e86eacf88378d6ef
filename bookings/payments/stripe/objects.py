"""
Stripe's objects, read as plain dicts: intents, refunds, disputes.

The SDK's errors pass through; the gateway turns them into GatewayUnavailable.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import stripe

from bookings.payments.stripe.documents import metadata_of

# `charge.refund.updated` is the earlier name of `refund.updated`.
REFUND_EVENTS = {"refund.created", "refund.failed", "refund.updated", "charge.refund.updated"}


class StripeObjects:
    """Reads of Stripe's API. An object that does not exist is None or an empty list."""

    def __init__(self, api: Any) -> None:
        self._api = api

    def intent(self, provider_id: str) -> dict[str, Any] | None:
        if not provider_id:  # Without an id Stripe would answer with the list.
            return None
        try:
            intent = self._api.payment_intents.retrieve(
                provider_id, {"expand": ["latest_charge.refunds"]}
            )
        except stripe.InvalidRequestError as error:
            if error.http_status == 404:
                return None
            raise
        return intent.to_dict()

    def refunds_of(self, intent: dict[str, Any]) -> Iterable[dict[str, Any]]:
        """
        Return all refunds of an intent.

        Stripe is asked again if the charge lists only a part of them.
        """
        charge = intent.get("latest_charge")
        if not isinstance(charge, dict):
            return ()
        shown = charge.get("refunds") or {}
        if shown.get("has_more") or "data" not in shown:
            return self.all_refunds(intent["id"])
        return shown["data"]

    def all_refunds(self, provider_id: str) -> Iterator[dict[str, Any]]:
        refunds = self._api.refunds.list({"payment_intent": provider_id, "limit": 100})
        for refund in refunds.auto_paging_iter():
            yield refund.to_dict()

    def refund_with(self, provider_id: str, idempotency_key: str) -> dict[str, Any] | None:
        refunds = self.all_refunds(provider_id)
        made_with = (r for r in refunds if metadata_of(r).get("refund") == idempotency_key)
        return next(made_with, None)

    def refunds_named(self, event_type: str, object_id: str) -> list[dict[str, Any]]:
        """Return an event's refund, or all refunds of its charge."""
        expand = "payment_intent"
        try:
            if event_type in REFUND_EVENTS:
                return [self._api.refunds.retrieve(object_id, {"expand": [expand]}).to_dict()]
            refunds = self._api.refunds.list(
                {"charge": object_id, "limit": 100, "expand": [f"data.{expand}"]}
            )
            return [refund.to_dict() for refund in refunds.auto_paging_iter()]
        except stripe.InvalidRequestError as error:
            if error.http_status == 404:
                return []
            raise

    def dispute(self, provider_id: str) -> dict[str, Any] | None:
        if not provider_id:  # Without an id Stripe would answer with the list.
            return None
        try:
            return self._api.disputes.retrieve(provider_id).to_dict()
        except stripe.InvalidRequestError as error:
            if error.http_status == 404:
                return None
            raise
