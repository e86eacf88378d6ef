"""Payment providers, behind one interface."""

from functools import lru_cache

from django.conf import settings

from bookings.payments.gateway import Gateway
from bookings.payments.sandbox import SandboxGateway
from bookings.payments.stripe import StripeGateway


def gateway_named(name: str) -> Gateway | None:
    """The gateway of a provider that this installation uses; None for any other."""
    if name != settings.PAYMENT_PROVIDER:
        return None
    if name == "sandbox":
        return SandboxGateway(settings.SANDBOX_WEBHOOK_SECRET)
    if name == "stripe":
        return _stripe(
            secret_key=settings.STRIPE_SECRET_KEY,
            webhook_secret=settings.STRIPE_WEBHOOK_SECRET,
            api_base=settings.STRIPE_API_BASE,
        )
    return None


# Kept, so that its connections are.
_stripe = lru_cache(maxsize=1)(StripeGateway)
