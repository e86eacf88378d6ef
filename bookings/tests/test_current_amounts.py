"""The amounts that customers see once some tickets were given back."""

from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command

from bookings import checkout, printing
from bookings.models import Booking, PromoCode
from bookings.tests.factories import hold
from shows.tests.factories import scheduled_show, seat_ids
from users.models import User
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(db: None) -> User:
    return UserFactory()


@pytest.fixture
def client(login: Any, customer: User) -> Any:
    return login(customer)


def bought(customer: User, *, promo_code: str | None = None, **terms: Any) -> Booking:
    """Return a booking of three seats, paid by card."""
    show = scheduled_show(rows={"A": 5}, **terms)
    seats = seat_ids(show, "A1", "A2", "A3")
    booking = hold(customer=customer, show_id=show.pk, seat_ids=seats, promo_code=promo_code)
    checkout.pay(booking_id=booking.pk, payment_method="pm_card_visa")
    return Booking.objects.get(pk=booking.pk)


def give_back_one(client: Any, booking: Booking) -> dict[str, Any]:
    ticket = booking.tickets.in_force().first().pk
    return client.post(f"/api/bookings/{booking.pk}/cancel/", {"ticket_ids": [ticket]}).json()


def printed_lines(client: Any, booking: Booking, monkeypatch: pytest.MonkeyPatch) -> list[list]:
    sheets: list[Any] = []
    monkeypatch.setattr(printing, "tickets_pdf", lambda found: sheets.extend(found) or b"")
    client.get(f"/api/bookings/{booking.pk}/tickets.pdf")
    return [sheet.price_lines for sheet in sheets]


def test_a_ticket_names_the_price_of_the_tickets_that_are_left(
    client: Any, customer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    booking = bought(customer, fee_per_booking=Decimal(10), refund_percent=Decimal(50))
    sold = [
        ("Gold", "250.00 INR"), ("Tickets of the booking: 3", "750.00 INR"),
        ("Fees", "10.00 INR"), ("Total of the booking", "760.00 INR"),
    ]  # fmt: skip
    assert printed_lines(client, booking, monkeypatch) == [sold] * 3
    give_back_one(client, booking)
    left = [
        ("Gold", "250.00 INR"), ("Tickets of the booking: 2", "500.00 INR"),
        ("Fees", "10.00 INR"), ("Total of the booking", "510.00 INR"),
    ]  # fmt: skip
    assert printed_lines(client, booking, monkeypatch) == [left] * 2


def test_a_ticket_that_was_passed_on_still_counts_for_the_price(
    client: Any, customer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    booking = bought(customer)
    booking.tickets.filter(pk=booking.tickets.last().pk).update(
        holder=UserFactory(), holder_name="Ravi"
    )
    lines = printed_lines(client, booking, monkeypatch)
    assert len(lines) == 2
    assert lines[0][1] == ("Tickets of the booking: 3", "750.00 INR")


@pytest.mark.parametrize(
    ("terms", "amounts"),
    [
        ({"price": "99.99"}, ("199.98", "0.00", "0.00", "0.00", "199.98")),
        (
            {"price": "100.00", "tax_rate": Decimal(18), "tax_inclusive": False,
             "fee_per_booking": Decimal(10)},
            ("200.00", "0.00", "10.00", "37.80", "247.80"),
        ),
        (
            {"price": "118.00", "tax_rate": Decimal(18), "tax_inclusive": True},
            ("236.00", "0.00", "0.00", "36.00", "236.00"),
        ),
        ({"currency": "JPY", "price": "333"}, ("666", "0", "0", "0", "666")),
        (
            {"currency": "KWD", "price": "4.510", "fee_per_ticket": Decimal("0.500")},
            ("9.020", "0.000", "1.500", "0.000", "10.520"),
        ),
    ],
)  # fmt: skip
def test_the_booking_says_what_the_seats_that_are_left_cost(
    client: Any, customer: User, terms: dict[str, Any], amounts: tuple[str, ...]
) -> None:
    booking = bought(customer, **terms)
    path = f"/api/bookings/{booking.pk}/"
    assert client.get(path).json()["current_amounts"] is None
    sold = client.get(path).json()
    answer = give_back_one(client, booking)
    assert tuple(answer["current_amounts"].values()) == amounts
    assert list(answer["current_amounts"]) == ["subtotal", "discount", "fees", "tax", "total"]
    back = Decimal(answer["amount_refunded"])
    assert Decimal(answer["current_amounts"]["total"]) == Decimal(sold["total"]) - back
    assert (answer["total"], answer["tax"]) == (sold["total"], sold["tax"])
    assert client.get(path).json() == answer


def test_a_discount_that_was_kept_back_is_gone_from_the_amounts(
    client: Any, customer: User
) -> None:
    PromoCode.objects.create(
        code="THREE", percent=Decimal(20), currency="INR", min_total=Decimal(600)
    )
    booking = bought(customer, promo_code="THREE")
    amounts = give_back_one(client, booking)["current_amounts"]
    assert (amounts["subtotal"], amounts["discount"], amounts["total"]) == (
        "500.00", "0.00", "500.00",
    )  # fmt: skip


@pytest.mark.sqlite
def test_amounts_that_can_be_paid_only_in_steps_add_up(client: Any, customer: User) -> None:
    PromoCode.objects.create(code="THIRD", percent=Decimal(33), currency="KWD")
    terms = {"currency": "KWD", "price": "4.510", "fee_per_ticket": Decimal("0.500")}
    booking = bought(customer, promo_code="THIRD", **terms)
    give_back_one(client, booking)
    now = give_back_one(client, booking)["current_amounts"]
    amounts = {name: Decimal(amount) for name, amount in now.items()}
    assert amounts["total"] == amounts["subtotal"] - amounts["discount"] + amounts["fees"]
    assert amounts["total"] % Decimal("0.01") == 0


def test_a_mail_after_a_part_cancellation_names_the_price_of_the_rest(
    client: Any, customer: User
) -> None:
    booking = bought(customer)
    call_command("worker", once=True, queue=["messages"])
    assert "Total: 750.00 INR" in mail.outbox[-1].body
    give_back_one(client, booking)
    call_command("worker", once=True, queue=["messages"])
    told = mail.outbox[-1].body
    assert "Total: 500.00 INR" in told and "We are sending back 250.00 INR." in told
