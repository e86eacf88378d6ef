"""Attempts to pay, opened before the provider's answer and recorded after."""

from functools import cache

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext

from bookings.errors import InvalidTransition
from bookings.idempotency.requests import LEASE, IdempotentRequest, without_key
from bookings.models import Booking, Payment
from bookings.payments.states import PaymentResult
from bookings.services.exchanging import check_now, why_not_now
from bookings.services.paying.confirming import confirm_at_once, is_plain
from bookings.services.paying.returned import goes_back, refusal_of_late
from bookings.services.paying.steps import (
    EXCHANGE_IS_OVER,
    apply_status,
    end_hold,
    fail_payment,
    lock_payment,
)
from bookings.services.transitions import lock_booking
from eventbooking_system.db.compiled import CompiledQuery
from eventbooking_system.db.prepared import Statement
from eventbooking_system.db.rows import Rows
from shows.models import Show

Status = Booking.Status

# With the client secret, a declined payment can still be paid with another card.
PAYABLE = Q(status=Payment.Status.REQUIRES_ACTION) | (
    Q(status=Payment.Status.FAILED) & ~Q(client_secret="")
)
_ATTEMPTS = Rows("attempt", Payment)


class EarlierAttempts(Exception):
    """The provider has to end earlier attempts before another one is opened."""


@transaction.atomic(durable=True)
def open_payment(
    *,
    booking_id: int,
    provider: str,
    payment_method: str,
    request: IdempotentRequest | None = None,
    earlier_ended: bool = False,
) -> Payment:
    """
    Store an attempt to pay, before the provider is asked.

    An attempt that the provider has not answered is continued. If a request was cut off and is
    repeated after its payment confirmed the booking, that payment is returned. Raises
    BookingExpired, and InvalidTransition while another attempt waits for the customer. Raises
    EarlierAttempts, having written nothing, for attempts that the provider has to end first.
    """
    request = request or without_key()
    [booking] = request.claim_with(_booking_to_pay, booking_id=booking_id, provider=provider)
    if booking.has_earlier and not earlier_ended:
        raise EarlierAttempts
    if request.was_cut_off and (paid := _paid_meanwhile(booking)):
        request.complete(paid)
        return paid
    check_can_pay(booking, show_status=booking.show_status)
    check_now(booking, lock=False)
    attempt = {
        "booking": booking,
        "provider": provider,
        "payment_method": payment_method,
        "amount": booking.price_to_pay,
        "currency": booking.currency,
        "asked_until": booking.clock + LEASE,
    }
    if first := _opened_first(Payment(attempt=1, **attempt)):
        return first
    attempts = list(Payment.objects.locked().filter(booking=booking))
    open_now = next((payment for payment in attempts if payment.status in Payment.OPEN), None)
    if open_now and open_now.provider == provider:
        return _continued(open_now, booking)
    if open_now:
        fail_payment(open_now, "the payment provider was changed")
    return Payment.objects.create(attempt=len(attempts) + 1, **attempt)


@transaction.atomic(durable=True)
def end_exchange(*, booking_id: int) -> None:
    """Release seats of an exchange that can no longer be completed."""
    booking, _ = lock_booking(booking_id)
    if booking.status == Status.PENDING and why_not_now(booking):
        end_hold(booking, reason=EXCHANGE_IS_OVER)


@CompiledQuery
def _booking_to_pay(booking_id: int, provider: str) -> QuerySet[Booking]:
    """Lock a booking, and read what decides whether it can be paid."""
    earlier = Payment.objects.filter(PAYABLE, booking=OuterRef("pk"), provider=provider)
    bookings = Booking.objects.filter(pk=booking_id).locked()
    return bookings.annotate(
        clock=Now(), show_status=F("show__status"), has_earlier=Exists(earlier)
    )


def _opened_first(payment: Payment) -> Payment | None:
    """
    Insert the first attempt of a booking, if there is none. Expects the booking's lock.

    Return None, having written nothing, for a further attempt, and on SQLite.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "postgresql":
        return None
    values = {"booking_id": payment.booking_id, **_ATTEMPTS.values([payment])}
    with connection.cursor() as cursor:
        cursor.execute(_insert_first().on(connection), values)
        found = cursor.fetchone()
    if found is None:
        return None
    [payment.pk] = found
    payment._state.adding, payment._state.db = False, DEFAULT_DB_ALIAS
    return payment


@cache
def _insert_first() -> Statement:
    payments = Payment._meta.db_table
    return Statement(
        f"{_ATTEMPTS.sql} WHERE NOT EXISTS"
        f" (SELECT FROM {payments} WHERE booking_id = %(booking_id)s) RETURNING id"
    )


@transaction.atomic(durable=True)
def record_payment(
    *,
    payment_id: int,
    booking_id: int,
    result: PaymentResult,
    request: IdempotentRequest | None = None,
) -> Payment:
    """Store the provider's answer, and apply it to the booking."""
    request = request or without_key()
    booking, seats, payment = lock_payment(payment_id, booking_id)
    payment.provider_id, payment.asked_until = result.provider_id or payment.provider_id, None
    payment.client_secret, payment.action_url = result.client_secret, result.action_url
    payment.reported_status = ""
    if result.status == Payment.Status.SUCCEEDED and is_plain(payment, booking, seats):
        confirm_at_once(payment, booking, seats, request)
        return payment
    if not apply_status(payment, result.status, booking, seats, failure=result.failure):
        payment.save()
    if payment.status != Payment.Status.FAILED and not goes_back(payment):
        request.complete(payment)
    return payment


@transaction.atomic(durable=True)
def keep_report(
    *, payment_id: int, result: PaymentResult, request: IdempotentRequest | None = None
) -> Payment:
    """
    Store the provider's answer while other transactions lock the booking's seats.

    It is recorded by the same request, repeated, or by a job.
    """
    payment = Payment.objects.locked().select_related("booking").get(pk=payment_id)
    if payment.status == Payment.Status.PROCESSING:
        payment.provider_id = result.provider_id or payment.provider_id
        payment.client_secret, payment.action_url = result.client_secret, result.action_url
        payment.failure, payment.reported_status = result.failure, result.status
        payment.asked_until = None
        payment.save()
    (request or without_key()).interrupt(payment)
    return payment


def kept_report(payment: Payment) -> PaymentResult | None:
    """Return the provider's answer that is not recorded yet."""
    if not payment.reported_status:
        return None
    return PaymentResult(
        status=payment.reported_status,
        provider_id=payment.provider_id,
        client_secret=payment.client_secret,
        action_url=payment.action_url,
        failure=payment.failure,
    )


def payments_to_record() -> QuerySet[Payment]:
    """Return the attempts whose answer is kept, and not recorded yet."""
    reported = Payment.objects.filter(status=Payment.Status.PROCESSING)
    return reported.exclude(reported_status="").order_by("pk")


@transaction.atomic(durable=True)
def release_payment(*, payment_id: int, request: IdempotentRequest | None = None) -> None:
    """Let the same request come again after the provider gave no answer."""
    Payment.objects.filter(pk=payment_id).update(asked_until=None)
    (request or without_key()).abandon()


@transaction.atomic(durable=True)
def close_payment(*, payment_id: int, failure: str) -> None:
    """Record that the provider has ended a payment."""
    payment = Payment.objects.locked().get(pk=payment_id)
    payment.client_secret = payment.action_url = ""
    if payment.status in Payment.OPEN:
        payment.status, payment.failure = Payment.Status.FAILED, failure
    payment.save()


@transaction.atomic(durable=True)
def give_up_payment(*, payment_id: int) -> bool:
    """Fail an attempt that never reached the provider. Return whether it was still open."""
    _, _, payment = lock_payment(payment_id, _booking_of(payment_id))
    is_open = payment.status == Payment.Status.PROCESSING and not payment.provider_id
    if is_open:
        fail_payment(payment, "never reached the provider")
    return is_open


def check_can_pay(booking: Booking, *, show_status: str) -> None:
    """Raise BookingExpired or InvalidTransition unless the booking waits for its payment."""
    if booking.status == Status.EXPIRED or (
        booking.status == Status.PENDING and booking.expires_at <= booking.clock
    ):
        raise refusal_of_late(booking)
    if booking.status != Status.PENDING:
        raise InvalidTransition(
            gettext("The booking is %(status)s already.") % {"status": booking.status},
            booking_status=booking.status,
        )
    if show_status == Show.Status.CANCELLED:
        raise InvalidTransition(gettext("This show is cancelled."), booking_status=Status.CANCELLED)


def _paid_meanwhile(booking: Booking) -> Payment | None:
    paid = booking.payments.filter(status=Payment.Status.SUCCEEDED)
    return paid.first() if booking.status == Status.CONFIRMED else None


def _continued(payment: Payment, booking: Booking) -> Payment:
    """
    Continue an attempt whose answer was lost.

    The provider is asked again with the attempt's own key, so the customer is not charged twice.
    """
    if payment.reported_status:
        return payment
    is_asked = payment.asked_until and booking.clock < payment.asked_until
    if payment.status != Payment.Status.PROCESSING or is_asked:
        raise InvalidTransition(
            gettext("A payment for this booking is under way."), booking_status=booking.status
        )
    payment.asked_until = booking.clock + LEASE
    payment.save(update_fields=["asked_until", "updated_at"])
    return payment


def _booking_of(payment_id: int) -> int:
    [(booking_id,)] = _bookings_of(payment_id)
    return booking_id


@CompiledQuery
def _bookings_of(payment_id: int) -> QuerySet[Payment]:
    return Payment.objects.filter(pk=payment_id).order_by().values_list("booking")
