"""Sales at the counter that are refused, or sent twice."""

from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from bookings.models import Booking
from bookings.tests.factories import held
from box_office import services
from box_office.models import CashSession, Tender
from box_office.tests.factories import cash_session, sale_body
from box_office.tests.sales import SALES, assert_nothing_sold
from eventbooking_system.testing.problems import assert_problem
from shows.models import Show, ShowSeat
from shows.tests.factories import scheduled_show, seat_ids
from users.models import User
from users.tests.factories import StaffFactory, staff_with

pytestmark = pytest.mark.django_db


@pytest.mark.sqlite
def test_sale_of_a_taken_seat_offers_others_and_writes_nothing(
    till: APIClient, show: Show, session: CashSession
) -> None:
    held("A1", show=show)
    document = assert_problem(
        till.post(SALES, sale_body(show, "A1", "A2")), 409, "seats_unavailable"
    )
    assert document["unavailable_seat_ids"] == seat_ids(show, "A1")
    assert document["alternatives"]
    assert Booking.objects.count() == 1
    assert not Tender.objects.exists()


def _tender(**changes: Any) -> Any:
    return lambda body, show: body["tender"].update(changes)


def _body(**changes: Any) -> Any:
    return lambda body, show: body.update(changes)


REFUSED = {
    "amount is too small": (_tender(amount="249.99"), 400, "tender_mismatch", "tender.amount"),
    "amount is too large": (_tender(amount="251.00"), 400, "tender_mismatch", "tender.amount"),
    "amount is nothing": (_tender(amount="0.00"), 400, "tender_mismatch", "tender.amount"),
    "amount is a number": (_tender(amount=250), 400, "invalid", "tender.amount"),
    "handed over too little": (_tender(tendered="200.00"), 400, "tender_mismatch", "tender.tendered"),
    "handed over with fractions": (_tender(tendered="250.001"), 400, "invalid", "tender.tendered"),
    "card with change": (
        _tender(method="card_terminal", tendered="300.00"), 400, "tender_mismatch", "tender.tendered",
    ),
    "unknown method": (_tender(method="cheque"), 400, "invalid", "tender.method"),
    "unknown session": (_tender(cash_session=999_999), 400, "invalid", "tender.cash_session"),
    "price in the body": (_body(price="1.00"), 400, "invalid", "price"),
    "total in the body": (_body(total="1.00"), 400, "invalid", "total"),
    "price in the tender": (_tender(price="1.00"), 400, "invalid", "tender.price"),
    "two settlements": (_body(complimentary_reason="press"), 400, "invalid", "complimentary_reason"),
    "tender and time": (_body(pay_by="2030-01-01T00:00:00Z"), 400, "invalid", "pay_by"),
    "unknown user": (_body(user=999_999), 400, "invalid", "user"),
    "bad address": (_body(customer={"email": "nobody"}), 400, "invalid", "customer.email"),
    "bad phone": (_body(customer={"phone": "12"}), 400, "invalid", "customer.phone"),
    "unknown field of the customer": (_body(customer={"age": 3}), 400, "invalid", "customer.age"),
    "unknown show": (_body(show_id=999_999), 400, "invalid", "show_id"),
    "unknown promo code": (_body(promo_code="NONE"), 400, "promo_code_invalid", None),
    "unknown ticket type": (
        lambda body, show: body.update(ticket_types={str(body["seat_ids"][0]): "King"}),
        400, "invalid", None,
    ),
    "seat of another show": (
        lambda body, show: body.update(seat_ids=seat_ids(scheduled_show(), "A1")),
        400, "seats_not_in_show", None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused_sales_name_the_field_and_write_nothing(
    till: APIClient, show: Show, session: CashSession, name: str
) -> None:
    change, status, code, field = REFUSED[name]
    body = sale_body(show, "A1")
    change(body, show)
    assert_problem(till.post(SALES, body), status, code, field)
    assert_nothing_sold()


def test_tender_mismatch_says_what_is_due(
    till: APIClient, show: Show, session: CashSession
) -> None:
    body = sale_body(show, "A1", amount="1.00")
    document = assert_problem(till.post(SALES, body), 400, "tender_mismatch")
    assert (document["amount_due"], document["currency"]) == ("250.00", "INR")


def test_sale_needs_one_settlement(till: APIClient, show: Show) -> None:
    body = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1")}
    assert_problem(till.post(SALES, body), 400, "invalid", "tender")
    assert_nothing_sold()


def session_in_euros(show: Show, seller: User) -> CashSession:
    """Return a session from before the venue sold in rupees."""
    return CashSession.objects.create(
        venue=show.screen.venue, station="Old", currency="EUR", opening_float=0, opened_by=seller
    )


def test_cash_needs_an_open_session_of_the_seller_at_the_venue(
    till: APIClient, show: Show, seller: User
) -> None:
    cash_session(seller=seller)  # At another venue.
    cash_session(venue=show.screen.venue)  # A colleague's.
    session_in_euros(show, seller)
    assert_problem(till.post(SALES, sale_body(show, "A1")), 409, "cash_session_required")
    assert_nothing_sold()


@pytest.mark.parametrize("currency", ["INR", "EUR"])
def test_a_named_session_of_another_venue_or_currency_is_refused(
    till: APIClient, show: Show, currency: str
) -> None:
    other = cash_session() if currency == "INR" else session_in_euros(show, StaffFactory())
    body = sale_body(show, "A1")
    body["tender"]["cash_session"] = other.pk
    assert_problem(till.post(SALES, body), 400, "invalid", "tender.cash_session")
    assert_nothing_sold()


def test_a_closed_session_sells_nothing(
    till: APIClient, show: Show, session: CashSession, seller: User
) -> None:
    services.close_cash_session(session_id=session.pk, counted=Decimal(100), closed_by=seller)
    assert_problem(till.post(SALES, sale_body(show, "A1")), 409, "cash_session_required")
    body = sale_body(show, "A1")
    body["tender"]["cash_session"] = session.pk
    assert_problem(till.post(SALES, body), 409, "cash_session_closed")
    assert_nothing_sold()


def test_a_receipt_counts_once(till: APIClient, show: Show) -> None:
    first = sale_body(show, "A1", method="card_terminal", reference="R-17")
    sold = till.post(SALES, first).json()
    again = sale_body(show, "A2", method="card_terminal", reference="R-17")
    document = assert_problem(till.post(SALES, again), 400, "invalid", "tender.reference")
    assert sold["reference"] in document["errors"][0]["detail"]
    assert Booking.objects.count() == 1
    assert set(ShowSeat.objects.filter(seat__in=again["seat_ids"]).values_list("status")) == {
        ("available",)
    }


@pytest.mark.sqlite
def test_the_same_key_gives_the_first_sale(
    till: APIClient, show: Show, session: CashSession
) -> None:
    body = sale_body(show, "A1")
    first = till.post(SALES, body, HTTP_IDEMPOTENCY_KEY="k")
    second = till.post(SALES, body, HTTP_IDEMPOTENCY_KEY="k")
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert second["Idempotent-Replayed"] == "true"
    assert Tender.objects.count() == 1


def test_sales_are_closed_to_all_but_sellers(
    api: APIClient, customer_api: APIClient, staff_api: Any, show: Show
) -> None:
    body = sale_body(show, "A1", method="card_terminal")
    assert_problem(api.post(SALES, body), 401, "not_authenticated")
    assert_problem(customer_api.post(SALES, body), 403, "permission_denied")
    assert_problem(staff_api("add_booking").post(SALES, body), 403, "permission_denied")
    assert_nothing_sold()


def test_a_customer_with_the_permission_cannot_sell(login: Any, show: Show) -> None:
    user = staff_with("sell")
    user.is_staff = False
    user.save()
    body = sale_body(show, "A1", method="card_terminal")
    assert_problem(login(user).post(SALES, body), 403, "permission_denied")
    assert_nothing_sold()
