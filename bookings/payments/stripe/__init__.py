"""The gateway to Stripe: what it asks, reads and checks."""

from bookings.payments.stripe.gateway import StripeGateway

__all__ = ["StripeGateway"]
