"""The sandbox's bank page, on which a customer completes a payment."""

import secrets

from bookings import checkout
from bookings.models import Payment
from bookings.payments.providers import gateway_named
from eventbooking_system.errors import NotFound


def complete_sandbox_payment(*, client_secret: str) -> Payment:
    """
    Complete a sandbox payment, as a customer would on a bank's page.

    The sandbox then sends its signed event. Raises NotFound for an unknown secret.
    """
    gateway = gateway_named("sandbox")
    payment_id = gateway.payment_of(client_secret) if gateway else None
    payment = Payment.objects.filter(pk=payment_id).first()
    if payment is None:
        raise NotFound()
    body, headers = gateway.signed_event(
        event_id=f"evt-{secrets.token_hex(8)}",
        type="payment.succeeded",
        payment_id=payment.pk,
        amount=payment.amount,
        currency=payment.currency,
    )
    checkout.receive_event(provider="sandbox", body=body, headers=headers)
    payment.refresh_from_db()
    return payment
