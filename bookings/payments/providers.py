"""The payment gateways that this installation can use."""

from functools import lru_cache

from django.conf import settings

from bookings.payments.gateway import Gateway
from bookings.payments.sandbox import SandboxGateway
from bookings.payments.stripe import StripeGateway


def gateway_named(name: str) -> Gateway | None:
    """Return the configured provider's gateway, or None for other names."""
    if name != settings.PAYMENT_PROVIDER:
        return None
    if name == "sandbox":
        return SandboxGateway(settings.SANDBOX_WEBHOOK_SECRET)
    if name == "stripe":
        return stripe_gateway(
            secret_key=settings.STRIPE_SECRET_KEY,
            webhook_secret=settings.STRIPE_WEBHOOK_SECRET,
            api_base=settings.STRIPE_API_BASE,
        )
    return None


# One gateway is kept, so that its connections are reused.
stripe_gateway = lru_cache(maxsize=1)(StripeGateway)
