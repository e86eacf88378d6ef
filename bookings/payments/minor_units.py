"""Amounts as Stripe counts them."""

from decimal import Decimal

from django.utils.translation import gettext

from eventbooking_system.money import CURRENCY_DIGITS

# https://docs.stripe.com/currencies#minor-units lists these without decimals, unlike ISO 4217.
_WITHOUT_DECIMALS = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "JPY",
        "KMF",
        "KRW",
        "MGA",
        "PYG",
        "RWF",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
# https://docs.stripe.com/currencies#special-cases: no decimals, but sent with two zeros.
_WITH_TWO_ZEROS = frozenset(("ISK", "UGX"))


class AmountNotPayable(ValueError):
    """An amount that Stripe cannot express; the message is for people."""


def to_minor(amount: Decimal, currency: str) -> int:
    """
    Return an amount as Stripe counts it.

    That is 1050 for 10.50 EUR, and 500 for 500 JPY and for 5 ISK. Raises AmountNotPayable, because
    amounts in three-decimal currencies must end in a zero, and MGA has no decimals. Nothing is
    rounded here: prices, totals and refunds can be paid (`eventbooking_system.money`).
    """
    minor = amount.scaleb(_digits(currency))
    step = _step(currency)
    if minor % step:
        smallest = from_minor(step, currency)
        raise AmountNotPayable(
            gettext("Amounts in %(currency)s are paid in steps of %(smallest)s.")
            % {"currency": currency, "smallest": smallest}
        )
    return int(minor)


def from_minor(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-_digits(currency))


def _digits(currency: str) -> int:
    if currency in _WITHOUT_DECIMALS:
        return 0
    return 3 if CURRENCY_DIGITS.get(currency) == 3 else 2


def _step(currency: str) -> int:
    if currency in _WITH_TWO_ZEROS:
        return 100
    return 10 if _digits(currency) == 3 else 1
