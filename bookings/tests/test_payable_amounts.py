"""Amounts in currencies with steps of ten smallest units."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.core import mail
from django.core.management import call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookings import checkout
from bookings.models import BookedSeat, Booking, Message, PromoCode
from bookings.payments.minor_units import to_minor
from bookings.pricing import amounts
from bookings.refund_shares import divide
from bookings.tests.factories import confirmed, held
from bookings.tests.playground import playground
from bookings.tests.soundness import broken
from bookings.tests.stripe_server import StripeServer
from eventbooking_system.errors import InvalidField
from eventbooking_system.money import CURRENCY_DIGITS, allot, quantum
from eventbooking_system.testing.problems import assert_problem
from shows.models import Show
from shows.services import change_show
from shows.tests.factories import scheduled_show, seat_ids
from users.tests.factories import StaffFactory, UserFactory

URL = "/api/bookings/"


@pytest.fixture
def server(db) -> Iterator[StripeServer]:
    with playground(0) as server:
        yield server


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "case",
    [
        ("KWD", "4.500", "15", "0.680", "3.820"),
        ("BHD", "4.510", "50", "2.260", "2.250"),
        ("OMR", "0.010", "40", "0.000", "0.010"),
        ("TND", "1.230", "100", "1.230", "0.000"),
        ("MGA", "1001.00", "50", "501.00", "500.00"),
    ],
)
def test_a_discounted_total_can_be_paid(server, login, case) -> None:
    currency, price, percent, discount, total = case
    show = scheduled_show(currency=currency, price=price)
    PromoCode.objects.create(code="OFF", percent=Decimal(percent))
    client = login(UserFactory())
    body = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1"), "promo_code": "OFF"}
    booking = client.post(URL, body).json()
    assert (booking["subtotal"], booking["discount"], booking["total"]) == (price, discount, total)
    if Decimal(total):
        answer = client.post(f"{URL}{booking['id']}/payments/", {"payment_method": "pm_card_visa"})
        assert (answer.status_code, answer.json()["amount"]) == (201, total)
    assert [*broken()] == []


def test_a_refund_is_sent_and_mailed_in_a_payable_amount(server) -> None:
    booking = confirmed("A1", currency="KWD", price="4.510", refund_percent=50)
    Message.objects.all().delete()
    checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
    refund = booking.refunds.get()
    assert (refund.status, refund.amount) == ("succeeded", Decimal("2.260"))
    assert server.truth()[str(refund.payment_id)]["refunded"] == 2260
    call_command("worker", once=True, queue=["messages"])
    assert "We are sending back 2.260 KWD." in mail.outbox[0].body
    assert [*broken()] == []


def test_tax_that_is_added_is_rounded_to_what_can_be_paid(server) -> None:
    booking = confirmed(
        "A1", currency="KWD", price="4.500", tax_rate=Decimal("7.7"), tax_inclusive=False
    )
    assert (booking.status, booking.tax, booking.total) == (
        "confirmed", Decimal("0.350"), Decimal("4.850"),
    )  # fmt: skip


@pytest.mark.sqlite
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"prices": {"Gold": "4.505"}}, "prices.Gold"),
        ({"prices": {"Gold": {"Adult": "4.510", "Child": "2.255"}}}, "prices.Gold.Child"),
        ({"fee_per_ticket": "0.005"}, "fee_per_ticket"),
        ({"fee_per_booking": "0.105"}, "fee_per_booking"),
        ({"prices": {"Gold": "12.50"}, "currency": "MGA"}, "prices.Gold"),
    ],
)
def test_a_price_that_can_never_be_paid_is_refused_by_name(login, terms, field) -> None:
    old = scheduled_show()
    body = {
        "event": old.event_id, "screen": old.screen_id, "start_time": "2031-05-01T20:00",
        "currency": "KWD", "prices": {"Gold": "4.500"},
    }  # fmt: skip
    chief = login(StaffFactory())
    answer = chief.post("/api/shows/", {**body, **terms})
    problem = assert_problem(answer, 400, "invalid", field)
    assert "paid in steps of" in problem["errors"][0]["detail"]
    assert chief.post("/api/shows/", body).status_code == 201


@pytest.mark.django_db
def test_a_changed_price_and_a_promo_code_are_refused_alike(login) -> None:
    show = scheduled_show(currency="KWD", price="4.500")
    with pytest.raises(InvalidField, match=r"steps of 0\.010"):
        change_show(show_id=show.pk, prices={"Gold": {"": Decimal("4.505")}})
    body = {"code": "OFF", "amount": "0.505", "currency": "KWD"}
    answer = login(StaffFactory()).post("/api/bookings/promo-codes/", body)
    assert_problem(answer, 400, "invalid", "amount")


@pytest.mark.django_db
def test_a_show_with_an_older_price_can_be_paid() -> None:
    show = scheduled_show(currency="KWD", price="4.500")
    show.show_seats.update(price=Decimal("4.505"))
    Show.objects.update(fee_per_ticket=Decimal("0.015"), tax_rate=0)
    booking = held("A1", show=show)
    assert (booking.subtotal, booking.discount, booking.fees, booking.total) == (
        Decimal("4.505"), Decimal("0.005"), Decimal("0.010"), Decimal("4.510"),
    )  # fmt: skip


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    currency=st.sampled_from(sorted(CURRENCY_DIGITS)),
    thousandths=st.lists(st.integers(0, 10**6), min_size=1, max_size=10),
    rates=st.tuples(
        st.integers(0, 5000), st.decimals(0, 100, places=2), st.decimals(0, 50, places=2)
    ),
    inclusive=st.booleans(),
)
def test_every_total_and_refund_can_be_paid_and_parts_add_up(
    currency, thousandths, rates, inclusive
) -> None:
    fee, percent, tax = rates
    digits = CURRENCY_DIGITS[currency]
    show = Show(
        currency=currency, fee_per_ticket=Decimal(fee).scaleb(-digits),
        fee_per_booking=Decimal(0), tax_rate=tax, tax_inclusive=inclusive, refund_percent=percent,
    )  # fmt: skip
    prices = [Decimal(n).scaleb(-digits) for n in thousandths]
    found = amounts(show=show, prices=prices, percent_off=percent)
    to_minor(found.total, currency)
    booking = Booking(show=show, currency=currency, **vars(found))
    parts = allot(found.discount, prices, quantum(currency))
    lines = [
        BookedSeat(pk=pk, price=price, discount=part)
        for pk, (price, part) in enumerate(zip(prices, parts, strict=True))
    ]
    back = divide(booking, lines, lines, percent=percent, with_fees=True).refund
    left, by_parts = list(lines), Decimal(0)
    while left:
        part = divide(booking, left, left[:1], percent=percent, with_fees=True)
        assert sum(share.refund for share in part.lines) + part.fees == part.refund
        by_parts += part.refund
        del left[0]
    assert by_parts == back
    to_minor(back, currency)
    to_minor(found.total - back, currency)
    net = found.subtotal - found.discount + found.fees
    assert found.total == (net if inclusive else net + found.tax)
    assert 0 <= found.discount <= found.subtotal and 0 <= back <= found.total
