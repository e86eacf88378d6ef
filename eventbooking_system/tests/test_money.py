"""Tests of the digits and the rounding of amounts."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventbooking_system.admin.currency_names import CURRENCY_NAMES
from eventbooking_system.money import (
    CURRENCY_DIGITS,
    DECIMAL_PLACES,
    MAX_DIGITS,
    formatted,
    has_excess_digits,
    quantum,
    rounded,
)

CURRENCIES = st.sampled_from(sorted(CURRENCY_DIGITS))
AMOUNTS = st.decimals(0, 10**10, places=6)


def test_each_currency_has_a_name_of_its_own() -> None:
    assert set(CURRENCY_NAMES) == set(CURRENCY_DIGITS)
    assert len(set(CURRENCY_NAMES.values())) == len(CURRENCY_NAMES)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("250", "INR", "250.00"),
        ("0.005", "INR", "0.01"),
        ("0.0049", "INR", "0.00"),
        ("1199.5", "JPY", "1200"),
        ("1200.4", "JPY", "1200"),
        ("4.5", "KWD", "4.500"),
        ("4.0005", "KWD", "4.001"),
        ("1E+3", "JPY", "1000"),
        ("1E+3", "INR", "1000.00"),
        ("0", "JPY", "0"),
        ("99999999999.999", "KWD", "99999999999.999"),
    ],
)
def test_an_amount_is_written_with_the_digits_of_its_currency(amount, currency, text):
    assert formatted(Decimal(amount), currency) == text


@given(amount=AMOUNTS, currency=CURRENCIES)
def test_rounding_moves_by_half_a_unit_at_the_most_and_only_once(amount, currency):
    result = rounded(amount, currency)
    assert abs(result - amount) <= quantum(currency) / 2
    assert rounded(result, currency) == result
    assert not has_excess_digits(result, currency)
    assert Decimal(formatted(amount, currency)) == result


@given(amount=AMOUNTS, currency=CURRENCIES)
def test_half_a_unit_is_rounded_up(amount, currency):
    whole = rounded(amount, currency)
    assert rounded(whole + quantum(currency) / 2, currency) == whole + quantum(currency)


@given(one=AMOUNTS, other=AMOUNTS, currency=CURRENCIES)
def test_rounding_keeps_the_order(one, other, currency):
    low, high = sorted([one, other])
    assert rounded(low, currency) <= rounded(high, currency)


@given(units=st.integers(1, 10**9), currency=CURRENCIES)
def test_a_fraction_of_the_smallest_unit_is_in_excess(units, currency):
    amount = units * quantum(currency)
    assert not has_excess_digits(amount, currency)
    assert has_excess_digits(amount + quantum(currency) / 10, currency)


@given(currency=CURRENCIES)
def test_every_currency_fits_the_columns(currency):
    assert CURRENCY_DIGITS[currency] <= DECIMAL_PLACES
    largest = (Decimal(10) ** (MAX_DIGITS - DECIMAL_PLACES)) - quantum(currency)
    assert Decimal(formatted(largest, currency)) == largest


def test_an_unknown_currency_has_no_digits():
    with pytest.raises(KeyError):
        formatted(Decimal(1), "XXX")
