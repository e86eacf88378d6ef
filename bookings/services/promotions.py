"""Promo codes: checks for a booking, and administration."""

import secrets
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext

from audit.recording import record, state_of
from bookings.errors import PromoCodeInvalid
from bookings.models import Booking, PromoCode
from bookings.querysets import HAS_EXPIRED
from eventbooking_system.db.compiled import CompiledQuery, JoinedQuery
from eventbooking_system.errors import InvalidField
from eventbooking_system.money import CURRENCY_DIGITS, formatted, why_not_payable
from shows.models import Show
from users.models import User

MAX_PROMO_CODES = 5000
MAX_PREFIX = 20
BATCH = 1000
# 32 letters and digits, without 0, 1, I and O, which people mix up.
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
# Bookings that are paid or can still be paid count as uses.
_IN_USE = Q(status__in=[Booking.Status.PENDING, Booking.Status.CONFIRMED]) & ~HAS_EXPIRED


def usable_code(
    code: str, *, show: Show, user_id: int | None, subtotal: Decimal, now: datetime, lock: bool
) -> PromoCode:
    """
    Return the promo code if it applies to this booking.

    Raises PromoCodeInvalid. With `lock`, requests for the last use of a code queue for its row. A
    code without a limit is never locked, because all of its buyers would wait for each other. A
    quote locks nothing.
    """
    asked = {
        "code": code.upper(), "show_id": show.pk, "event_id": show.event_id, "user_id": user_id,
    }  # fmt: skip
    promo = next(iter(_PROMO(after=[_lock_limited_code] if lock else [], **asked)["promo"]), None)
    if promo is None or not promo.is_active:
        raise PromoCodeInvalid(gettext("There is no such promo code."))
    _check_dates(promo, now)
    if promo.is_bound and not promo.is_for_show:
        raise PromoCodeInvalid(gettext("This promo code is not for this show."))
    if promo.currency and promo.currency != show.currency:
        raise PromoCodeInvalid(
            gettext("This promo code is for prices in %(currency)s.") % {"currency": promo.currency}
        )
    if promo.min_total is not None and subtotal < promo.min_total:
        raise PromoCodeInvalid(
            gettext("This promo code needs tickets for %(amount)s or more.")
            % {"amount": formatted(promo.min_total, promo.currency)}
        )
    if promo.max_uses is not None and promo.uses >= promo.max_uses:
        raise PromoCodeInvalid(gettext("This promo code is used up."))
    limit = promo.max_uses_per_customer
    if limit is not None and user_id and promo.uses_of_customer >= limit:
        raise PromoCodeInvalid(gettext("You have used this promo code as often as it allows."))
    return promo


@CompiledQuery
def _lock_limited_code(code: str) -> QuerySet[PromoCode]:
    is_limited = Q(max_uses__isnull=False) | Q(max_uses_per_customer__isnull=False)
    return PromoCode.objects.filter(is_limited, code=code).locked().values_list("pk")


@CompiledQuery
def _promo(code: str, show_id: int, event_id: int, user_id: int) -> QuerySet[PromoCode]:
    """
    Select the code with the facts that its limits depend on.

    A code with shows or events applies to any of them, and a code without applies to all shows.
    Uses are only counted if they are limited.
    """
    shows = PromoCode.shows.through.objects.filter(promocode=OuterRef("pk"))
    events = PromoCode.events.through.objects.filter(promocode=OuterRef("pk"))
    return (
        PromoCode.objects.filter(code=code)
        .order_by()
        .annotate(
            is_bound=Q(Exists(shows)) | Q(Exists(events)),
            is_for_show=Q(Exists(shows.filter(show=show_id)))
            | Q(Exists(events.filter(event=event_id))),
            uses=Case(When(max_uses__isnull=False, then=_uses())),
            uses_of_customer=Case(
                When(max_uses_per_customer__isnull=False, then=_uses(_is_of(user_id)))
            ),
        )
    )


def _is_of(user_id: int) -> Q:
    """Return the condition of a customer's bookings. Guests of one address are one customer."""
    return Q(user=user_id) | Q(user__in=User.objects.of_same_contact(user_id).values("pk"))


def _uses(*which: Q) -> Coalesce:
    bookings = Booking.objects.filter(_IN_USE, *which, promo_code=OuterRef("pk")).order_by()
    counted = bookings.values("promo_code").annotate(uses=Count("pk")).values("uses")
    return Coalesce(Subquery(counted), 0)


_PROMO = JoinedQuery(promo=_promo)


def _check_dates(promo: PromoCode, now: datetime) -> None:
    if promo.valid_from and now < promo.valid_from:
        raise PromoCodeInvalid(gettext("This promo code is not valid yet."))
    if promo.valid_until and now >= promo.valid_until:
        raise PromoCodeInvalid(gettext("This promo code is no longer valid."))


@transaction.atomic(durable=True)
def save_promo_code(*, promo_id: int | None = None, **fields: Any) -> PromoCode:
    """
    Make a promo code, or change it; earlier bookings keep their discount.

    Raises InvalidField for a code that exists or cannot work.
    """
    links = {name: fields.pop(name) for name in ("shows", "events") if name in fields}
    promo = PromoCode.objects.locked().get(pk=promo_id) if promo_id else PromoCode()
    before = state_of(promo)
    for name, value in fields.items():
        setattr(promo, name, value)
    promo.code = promo.code.upper()
    check_promo_code(promo)
    try:
        with transaction.atomic():
            promo.save()
    except IntegrityError as error:
        raise InvalidField("code", "This promo code is in use.", "unique") from error
    for name, objects in links.items():
        getattr(promo, name).set(objects)
    if promo_id:
        record("promo_codes.change", promo, before=before)
    else:
        record("promo_codes.add", promo)
    return promo


@transaction.atomic(durable=True)
def make_promo_codes(*, count: int, prefix: str = "", **fields: Any) -> list[PromoCode]:
    """
    Make many promo codes that can each be used once.

    A code is the prefix and 60 random bits, so nobody guesses one from another. Raises InvalidField.
    """
    links = {name: fields.pop(name) for name in ("shows", "events") if name in fields}
    if not 1 <= count <= MAX_PROMO_CODES:
        raise InvalidField("count", f"Make 1 to {MAX_PROMO_CODES} codes at once.")
    if len(prefix) > MAX_PREFIX:
        raise InvalidField("prefix", f"A prefix has at most {MAX_PREFIX} characters.")
    fields |= {"max_uses": 1}
    check_promo_code(PromoCode(code="", **fields))
    head = f"{prefix.upper()}-" if prefix else ""
    made = PromoCode.objects.bulk_create(
        (PromoCode(code=head + _random_code(), **fields) for _ in range(count)), batch_size=BATCH
    )
    for name, objects in links.items():
        through = PromoCode._meta.get_field(name).remote_field.through
        column = f"{name.removesuffix('s')}_id"
        through.objects.bulk_create(
            (
                through(promocode_id=promo.pk, **{column: linked.pk})
                for promo in made
                for linked in objects
            ),
            batch_size=BATCH,
        )
    # The codes are worth money, so the audit has only their number.
    record("promo_codes.make", changes={"count": count, "prefix": prefix.upper()})
    return made


def _random_code() -> str:
    letters = "".join(secrets.choice(_LETTERS) for _ in range(12))
    return "-".join((letters[:4], letters[4:8], letters[8:]))


def check_promo_code(promo: PromoCode) -> None:
    """Refuse a promo code that cannot work. Raises InvalidField."""
    if (promo.percent is None) == (promo.amount is None):
        raise InvalidField("percent", "Either a percentage or an amount.")
    if promo.valid_from and promo.valid_until and promo.valid_until <= promo.valid_from:
        raise InvalidField("valid_until", "The code would end before it begins.")
    for name in ("amount", "min_total"):
        amount = getattr(promo, name)
        if amount is None:
            continue
        if promo.currency not in CURRENCY_DIGITS:
            raise InvalidField("currency", f"{name} needs a currency.", "required")
        if reason := why_not_payable(amount, promo.currency):
            raise InvalidField(name, reason)
