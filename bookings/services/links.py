"""Links that open one booking without a login, and their mails."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext

from bookings.links.tokens import LinkAccess, issue_link_token
from bookings.models import Booking, BookingLink, Message
from bookings.services.outbox import send_again_to_customers
from eventbooking_system.errors import Throttled
from users.addresses import lookup_address
from users.errors import TokenInvalid
from users.models import User

# The number of bookings that `find_bookings` mails at most, the next shows first.
MAX_FOUND = 10
MAX_SENT_AGAIN_A_DAY = 5


def link_to(booking: Booking) -> str:
    """Make a link that opens a booking, for one mail. Its token is stored nowhere."""
    return links_to([booking])[0]


def links_to(bookings: Sequence[Booking]) -> list[str]:
    """Make a link for each of these bookings, which may repeat."""
    tokens = [secrets.token_urlsafe(32) for _ in bookings]
    pairs = list(zip(bookings, tokens, strict=True))
    BookingLink.objects.bulk_create(
        [BookingLink(booking=booking, token_hash=_digest(token)) for booking, token in pairs]
    )
    # After the #, so that the token appears in no server's log.
    return [
        f"{settings.FRONTEND_URL}/bookings/{booking.reference}#{token}" for booking, token in pairs
    ]


def open_booking(*, reference: str, token: str) -> tuple[LinkAccess, Booking]:
    """
    Start a session of one booking with a mailed link's token.

    Raises TokenInvalid, the same for a wrong, old or revoked token and for another reference.
    """
    link = _live_link(reference, token)
    return issue_link_token(link.pk), link.booking


@transaction.atomic(durable=True)
def claim_booking(*, account: User, reference: str, token: str) -> Booking:
    """
    Make a booking an account's own, and revoke its links.

    It was a guest's or the counter's. A link to the account's own booking changes nothing. Raises
    TokenInvalid, also for a booking of another account.
    """
    link = _live_link(reference, token)
    booking = Booking.objects.locked().select_related("user").get(pk=link.booking_id)
    if booking.user_id != account.pk:
        if not (booking.user.is_guest or booking.user.is_walk_in):
            raise TokenInvalid
        booking.user = account
        booking.save(update_fields=["user"])
        booking.links.revoke()
    return booking


def find_bookings(*, email: str) -> None:
    """
    Queue mails with links to an address's bookings to come.

    The caller's answer must not depend on the result, nor its time.
    """
    address = lookup_address(email)
    bookings = (
        Booking.objects.with_live_status()
        .filter(
            Q(user__email=address, customer_email="")
            | Q(user__contact_email=address, user__is_guest=True, customer_email="")
            | Q(customer_email=address),
            show__end_time__gt=Now(),
            live_status__in=[Booking.Status.PENDING, Booking.Status.CONFIRMED],
        )
        .select_related("user")
        .order_by("show__start_time")[:MAX_FOUND]
    )
    for booking in bookings:
        if _sent_again_today(booking) < MAX_SENT_AGAIN_A_DAY:
            send_again_to_customers(booking)


def send_booking_again(*, booking: Booking) -> None:
    """Queue another mail with a booking's link and any tickets. Raises Throttled."""
    if _sent_again_today(booking) >= MAX_SENT_AGAIN_A_DAY:
        raise Throttled(
            gettext("This booking was sent several times today."), retry_after=24 * 3600
        )
    send_again_to_customers(booking)


def forget_old_links() -> int:
    """Delete the links of shows that ended too long ago."""
    return BookingLink.objects.outlived().delete()[0]


def _live_link(reference: str, token: str) -> BookingLink:
    links = BookingLink.objects.live().select_related("booking__user")
    link = links.filter(token_hash=_digest(token), booking__reference=reference).first()
    if link is None:
        raise TokenInvalid
    return link


def _sent_again_today(booking: Booking) -> int:
    return booking.messages.filter(
        kind=Message.Kind.SENT_AGAIN, created_at__gt=Now() - timedelta(days=1)
    ).count()


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
