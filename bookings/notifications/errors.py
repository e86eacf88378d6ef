"""The errors of sending."""

from eventbooking_system.sms import NotSent, Undeliverable

__all__ = ["NotSent", "Undeliverable"]
