"""The provider's reports of payments: events, and states that were asked for."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from bookings import services
from bookings.checkout import refunds
from bookings.models import Payment
from bookings.payments.gateway import GatewayUnavailable
from bookings.payments.providers import gateway_named
from bookings.payments.states import PaymentState
from eventbooking_system.db.connection_pool import connections_released
from eventbooking_system.errors import Busy, InvalidField, NotFound

log = logging.getLogger(__name__)

PAGE = 100
"""Payments that are compared at once."""


def receive_event(*, provider: str, body: bytes, headers: Mapping[str, str]) -> str:
    """
    Apply an event that a provider sent, and return the outcome.

    Raises NotFound for a provider that is not in use.
    """
    gateway = gateway_named(provider)
    if gateway is None:
        raise NotFound()
    try:
        with connections_released():
            event = gateway.read_event(body, headers)
    except GatewayUnavailable as error:
        raise Busy("The payment provider gives no answer. Send the event again.") from error
    refunds.look_up_before(event.refunds, provider, event.provider_id)
    try:
        outcome = services.record_event(provider=provider, event=event)
    except InvalidField as refusal:
        # The event is genuine but does not fit its payment, so it is only logged.
        log.error("event refused", extra={"event": event.event_id, "reason": str(refusal)})
        raise
    log.info("provider event", extra={"event": event.event_id, "outcome": outcome})
    if event.status == Payment.Status.SUCCEEDED and outcome != services.AGREES:
        refunds.send_refunds(payment=event.payment_id)
    return outcome


def record_state(provider: str, state: PaymentState) -> str:
    """Record a payment as the provider reports it, and return the outcome."""
    refunds.look_up_before(state.refunds, provider, state.provider_id)
    return services.record_state(provider=provider, state=state)


def compare(provider: str, states: Iterable[PaymentState]) -> Iterator[str]:
    """Settle each payment that differs from the provider's report; yield every outcome."""
    states = iter(states)
    while page := list(islice(states, PAGE)):
        differing = services.find_differing(provider=provider, states=page)
        for state in page:
            is_different = state.provider_id in differing
            yield record_state(provider, state) if is_different else services.AGREES
