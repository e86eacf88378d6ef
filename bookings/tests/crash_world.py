"""A show, a provider and a killed process, for tests of crashes."""

import json
import subprocess
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import F

from bookings.idempotency.requests import LEASE
from bookings.models import Booking, IdempotencyKey, Payment, Refund
from bookings.tests.crashing import act
from bookings.tests.factories import held
from bookings.tests.stripe_server import OPEN, StripeServer
from shows.models import ShowSeat
from shows.tests.factories import scheduled_show

LONG = LEASE + timedelta(seconds=1)
WIRE = "stripe.RequestsClient.request"
Point = tuple[str, str, int]


def settings_of(server: StripeServer) -> dict[str, str]:
    """Return the settings with which payments go to this server."""
    return {
        "PAYMENT_PROVIDER": "stripe",
        "STRIPE_SECRET_KEY": "sk_test_of_the_crashes",
        "STRIPE_WEBHOOK_SECRET": server.webhook_secret,
        "STRIPE_API_BASE": server.url,
    }


class World:
    """A show with many seats, a provider, and a process to kill."""

    def __init__(self, server: StripeServer, mortal: subprocess.Popen[str]) -> None:
        self.server, self.mortal = server, mortal
        self.show = scheduled_show(rows={"A": 20}, refund_percent=50)
        self.seats = iter(range(1, 21))

    def killed(self, at: Point, do: str, **arguments: Any) -> None:
        """Let a process do this work, and be killed at that point."""
        target, when, call = at
        job = {
            "database": connection.settings_dict["NAME"], "settings": settings_of(self.server),
            "at": target, "when": when, "call": call, "do": do, "arguments": arguments,
        }  # fmt: skip
        self.mortal.stdin.write(json.dumps(job) + "\n")
        self.mortal.stdin.flush()
        assert self.mortal.stdout.readline().strip() == "-9", "it has not come to that point"

    def booking(self) -> Booking:
        return held(f"A{next(self.seats)}", show=self.show)

    def paying(self, booking: Booking, card: str = "pm_card_visa") -> dict[str, Any]:
        """Return the arguments of a customer's request to pay."""
        return {
            "user": booking.user_id, "path": f"/api/bookings/{booking.pk}/payments/",
            "body": {"payment_method": card}, "key": f"pay-{booking.pk}",
        }  # fmt: skip

    def paid(self) -> Booking:
        booking = self.booking()
        assert act("post", **self.paying(booking)).status_code == 201
        return booking

    def waiting(self, *, then: bool | None = None) -> Booking:
        """Make a booking whose customer had to authenticate, with the given outcome."""
        booking = self.booking()
        answer = act("post", **self.paying(booking, "pm_card_authenticationRequired"))
        assert answer.json()["status"] == "requires_action"
        if then is not None:
            self.server.finish(booking.payments.get().provider_id, then)
        return booking

    def lost(self) -> Booking:
        """Make a booking whose payment succeeded while its process was killed."""
        booking = self.booking()
        self.killed((WIRE, "after", 2), "post", **self.paying(booking))
        return booking

    def charges(self, booking: Booking) -> int:
        """Return how often the customer was charged."""
        truth = self.server.truth()
        ids = booking.payments.values_list("pk", flat=True)
        return sum(truth.get(str(pk), {"charges": 0})["charges"] for pk in ids)

    def refunded(self, booking: Booking) -> int:
        """Return the amount refunded to the customer, in minor units."""
        truth, ids = self.server.truth(), booking.payments.values_list("pk", flat=True)
        return sum(truth[str(pk)]["refunded"] for pk in ids if str(pk) in truth)

    def deliver(self) -> None:
        """Send every event so far, twice and shuffled."""
        for body, headers in self.server.deliveries(everything=True, copies=2, shuffle=True):
            signature = headers["Stripe-Signature"]
            assert act("webhook", body=body.decode(), signature=signature).status_code == 200

    def is_open(self, booking: Booking) -> bool:
        """Tell whether the booking can be paid here or at the provider."""
        ids = {str(pk) for pk in booking.payments.values_list("pk", flat=True)}
        intents = [i for i in self.server.intents.values() if i["metadata"]["payment"] in ids]
        return booking.payments.filter(status__in=Payment.OPEN).exists() or any(
            intent["status"] in OPEN for intent in intents
        )


def pass_time() -> None:
    """Let leases end, and refunds become due."""
    IdempotencyKey.objects.update(created_at=F("created_at") - LONG)
    Payment.objects.filter(asked_until__isnull=False).update(asked_until=F("asked_until") - LONG)
    Payment.objects.update(updated_at=F("updated_at") - LONG)
    Refund.objects.filter(status="pending").update(next_try_at=None)


def jobs() -> None:
    """Run the periodic jobs."""
    pass_time()
    for job in ("expire", "reconcile", "send_refunds"):
        act(job)


def status_of(booking: Booking) -> str:
    booking.refresh_from_db()
    seats = ShowSeat.objects.filter(booking=booking)
    assert seats.filter(status="booked").exists() == (booking.status == "confirmed")
    return booking.status
