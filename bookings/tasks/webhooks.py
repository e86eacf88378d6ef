"""The task that sends an event to a partner."""

import time
from uuid import UUID

from django_tasks import task

from bookings import services
from bookings.models import WebhookDelivery
from bookings.notifications.webhooks import send_event
from bookings.tasks.recording import recording


def start_delivery() -> bool:
    """
    Start sending the next due event.

    Return whether there was one.
    """
    delivery = services.take_next(WebhookDelivery)
    if delivery:
        deliver_event.enqueue(delivery.pk, delivery.attempts)
    return delivery is not None


@task()
def deliver_event(delivery_id: int, attempt: int) -> None:
    delivery = services.taken(WebhookDelivery, delivery_id, attempt)
    if delivery is None:
        return
    subscription = delivery.subscription
    if not subscription.is_active:
        services.record_dropped(delivery, "the subscription is switched off")
        return
    with recording(delivery):
        status = send_event(
            url=subscription.url,
            secret=subscription.secret,
            webhook_id=webhook_id(delivery.webhook_id),
            timestamp=int(time.time()),
            body=delivery.body,
        )
        services.record_sent(delivery, response_status=status)


def webhook_id(identity: UUID) -> str:
    """Return the id by which a partner recognises a repeated event."""
    return f"msg_{identity.hex}"
