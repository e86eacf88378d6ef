"""Currencies (ISO 4217) and the rounding of amounts. Amounts are Decimal, never float."""

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

from django.db import models

_BY_DIGITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD "
    "CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD "
    "GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD "
    "MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP "
    "PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS "
    "TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG",
    3: "BHD IQD JOD KWD LYD OMR TND",
}
# Providers take these in larger steps than the currency's smallest amount:
# https://docs.stripe.com/currencies#three-decimal and #minor-units.
_PAYABLE_STEPS = {3: Decimal("0.01")}
_WITHOUT_DECIMALS = {"MGA"}
CURRENCY_DIGITS = {code: digits for digits, codes in _BY_DIGITS.items() for code in codes.split()}

# Wide enough for every currency above.
MAX_DIGITS = 14
DECIMAL_PLACES = 3
# Every amount is smaller.
MAX_AMOUNT = Decimal(10) ** (MAX_DIGITS - DECIMAL_PLACES)


@cache
def quantum(currency: str) -> Decimal:
    """Return a currency's smallest amount: 0.01 for INR, 1 for JPY."""
    return Decimal(1).scaleb(-CURRENCY_DIGITS[currency])


@cache
def payable_step(currency: str) -> Decimal:
    """Return the smallest payable amount: 0.01 for INR, 1 for JPY. It is 0.01 for KWD, too."""
    if currency in _WITHOUT_DECIMALS:
        return Decimal(1)
    return _PAYABLE_STEPS.get(CURRENCY_DIGITS[currency], quantum(currency))


def payable(amount: Decimal, currency: str) -> Decimal:
    """Round half up to a payable amount, such as 3.830 KWD."""
    return rounded(amount.quantize(payable_step(currency), rounding=ROUND_HALF_UP), currency)


def payable_part(amount: Decimal, currency: str) -> Decimal:
    """Round down to an amount that can be paid."""
    return rounded(amount.quantize(payable_step(currency), rounding=ROUND_DOWN), currency)


def why_not_payable(amount: Decimal, currency: str) -> str:
    """Return why an amount cannot be asked for, or an empty text."""
    if has_excess_digits(amount, currency):
        return f"{amount} is not an amount of {currency}."
    if amount != payable(amount, currency):
        step = formatted(payable_step(currency), currency)
        return f"Amounts in {currency} are paid in steps of {step}."
    return ""


def rounded(amount: Decimal, currency: str) -> Decimal:
    """Round half up to the currency's digits, as tax offices do."""
    return amount.quantize(quantum(currency), rounding=ROUND_HALF_UP)


def has_excess_digits(amount: Decimal, currency: str) -> bool:
    return amount != rounded(amount, currency)


def formatted(amount: Decimal, currency: str) -> str:
    """
    Write an amount with its currency's digits.

    Examples are '250.00' INR, '1200' JPY and '4.500' KWD.
    """
    return str(amount.quantize(quantum(currency), ROUND_HALF_UP))


def with_currency(amount: Decimal, currency: str) -> str:
    """Write an amount as people read it: '250.00 INR'."""
    return f"{formatted(amount, currency)} {currency}"


def allot(amount: Decimal, weights: Sequence[Decimal], quantum: Decimal) -> list[Decimal]:
    """
    Divide an amount by weights into multiples of `quantum`, by largest remainder.

    The parts add up to the amount. Equal remainders are served in order. Without any weight, all
    parts weigh the same.
    """
    if not any(weights):
        weights = [Decimal(1)] * len(weights)
    whole = sum(weights, Decimal(0))
    exact = [amount * weight / whole for weight in weights]
    parts = [each.quantize(quantum, rounding=ROUND_FLOOR) for each in exact]
    left = int((amount - sum(parts, Decimal(0))) / quantum)
    by_remainder = sorted(range(len(parts)), key=lambda i: parts[i] - exact[i])
    for index in by_remainder[:left]:
        parts[index] += quantum
    return parts


def amount_field(**options: Any) -> models.DecimalField:
    """Make a column for an amount of any currency."""
    return models.DecimalField(max_digits=MAX_DIGITS, decimal_places=DECIMAL_PLACES, **options)
