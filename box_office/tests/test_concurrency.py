"""
Races of sales with each other and with a closing session.

They are real commits on PostgreSQL.
"""

import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from bookings.models import Booking, Payment
from bookings.services import SeatRequest
from bookings.tests.soundness import broken
from box_office import services
from box_office.errors import CashSessionClosed, CashSessionRequired
from box_office.models import CashSession, Tender
from box_office.querysets import CashSessionQuerySet
from box_office.services import Customer, SaleTerms, WantedTender, cash_sessions
from box_office.tests.factories import cash_session, sale_body
from eventbooking_system.errors import InvalidField
from eventbooking_system.testing.races import run_at_once
from shows.errors import SeatsUnavailable
from shows.models import Show, ShowSeat
from shows.tests.factories import scheduled_show, seat_ids
from users.models import User
from users.services import walk_in_account
from users.tests.factories import staff_with

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
ROUNDS = 8


def sale(
    show: Show, *labels: str, seller: User, method: str = "cash", **more: Any
) -> Callable[[], Booking]:
    """Return a call that sells these seats at 250.00 each. Without labels it sells the two best."""
    wanted = {"seat_ids": seat_ids(show, *labels)} if labels else {"quantity": 2}
    amount = Decimal(250 * (len(labels) or 2))
    terms = SaleTerms(tender=WantedTender(method, amount, **more))
    return lambda: services.sell(
        seller=seller, wanted=SeatRequest(show.pk, **wanted), customer=Customer(), terms=terms
    )


def close(session: CashSession) -> Callable[[], CashSession]:
    return lambda: services.close_cash_session(
        session_id=session.pk, counted=Decimal(100), closed_by=session.opened_by
    )


@pytest.fixture
def show() -> Show:
    return scheduled_show(rows={"A": 20, "B": 20})


def _close_with_a_sale_in_its_middle(show: Show, monkeypatch: Any) -> list[Any]:
    """Close a session while a sale runs. The sale is between the digest and the commit."""
    seller = staff_with("sell")
    session = cash_session(venue=show.screen.venue, seller=seller)
    walk_in_account()
    computed, sold = threading.Event(), threading.Event()
    digest = cash_sessions.session_digest

    def slow_digest(*args: Any, **kwargs: Any) -> str:
        found = digest(*args, **kwargs)
        computed.set()
        sold.wait(timeout=2)
        return found

    monkeypatch.setattr(cash_sessions, "session_digest", slow_digest)

    def sell() -> Booking:
        computed.wait(timeout=30)
        try:
            return sale(show, "A1", seller=seller)()
        finally:
            sold.set()

    return run_at_once([close(session), sell])


def test_control_without_the_lock_a_sale_enters_a_session_that_is_closing(
    show: Show, monkeypatch: Any
) -> None:
    monkeypatch.setattr(CashSessionQuerySet, "lock_shared", lambda *_: True)
    _, sold = _close_with_a_sale_in_its_middle(show, monkeypatch)
    assert isinstance(sold, Booking)
    assert any("cash session" in line for line in broken())


def test_a_sale_that_waited_for_the_close_finds_the_session_closed(
    show: Show, monkeypatch: Any
) -> None:
    closed, refused = _close_with_a_sale_in_its_middle(show, monkeypatch)
    assert closed.number == 1
    assert isinstance(refused, CashSessionClosed)
    assert not Booking.objects.exists()
    assert not ShowSeat.objects.exclude(status="available").exists()
    assert list(broken()) == []


def test_close_against_sale_ends_with_the_sale_in_the_report_or_unsold(show: Show) -> None:
    seller = staff_with("sell")
    walk_in_account()
    outcomes = set()
    for round_ in range(1, ROUNDS + 1):
        session = cash_session(venue=show.screen.venue, seller=seller)
        sold, closed = run_at_once([sale(show, f"A{round_}", seller=seller), close(session)])
        assert isinstance(closed, CashSession), closed
        is_sold = isinstance(sold, Booking)
        assert is_sold or isinstance(sold, (CashSessionClosed, CashSessionRequired)), sold
        assert closed.expected == (350 if is_sold else 100)
        assert session.tenders.count() == is_sold
        outcomes.add(is_sold)
    assert Booking.objects.count() == Tender.objects.count()
    assert list(broken()) == []


def test_two_tills_sell_one_seat_once(show: Show) -> None:
    sellers = [staff_with("sell") for _ in range(2)]
    for number, seller in enumerate(sellers):
        cash_session(venue=show.screen.venue, seller=seller, station=f"Foyer {number}")
    walk_in_account()
    results = run_at_once([sale(show, "A1", seller=seller) for seller in sellers])
    assert {type(result) for result in results} == {Booking, SeatsUnavailable}
    assert (Booking.objects.count(), Tender.objects.count()) == (1, 1)
    assert list(broken()) == []


def test_two_tills_enter_one_receipt_once(show: Show) -> None:
    sellers = [staff_with("sell") for _ in range(2)]
    walk_in_account()
    results = run_at_once(
        [
            sale(show, label, seller=seller, method="card_terminal", reference="R-17")
            for label, seller in zip(("A1", "A2"), sellers, strict=True)
        ]
    )
    assert {type(result) for result in results} == {Booking, InvalidField}
    assert (Booking.objects.count(), Payment.objects.count()) == (1, 1)
    assert list(broken()) == []


def test_the_first_sales_of_a_new_system_make_one_walk_in_account(show: Show) -> None:
    sellers = [staff_with("sell") for _ in range(3)]
    calls = [
        sale(show, f"A{number}", seller=seller, method="card_terminal")
        for number, seller in enumerate(sellers, 1)
    ]
    results = run_at_once(calls)
    assert {type(result) for result in results} == {Booking}
    assert len({booking.user_id for booking in results}) == 1


def test_the_same_key_sent_twice_at_once_is_one_sale(
    show: Show, login: Callable[[User], APIClient]
) -> None:
    seller = staff_with("sell")
    cash_session(venue=show.screen.venue, seller=seller)
    walk_in_account()
    clients = [login(seller) for _ in range(2)]
    body = sale_body(show, "A1")
    answers = run_at_once(
        [
            lambda client=client: client.post(
                "/api/box-office/sales/", body, HTTP_IDEMPOTENCY_KEY="k"
            )
            for client in clients
        ]
    )
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert Tender.objects.count() == 1


def test_four_tills_sell_a_hall_and_everything_agrees(show: Show) -> None:
    sellers = [staff_with("sell") for _ in range(4)]
    sessions = [
        cash_session(venue=show.screen.venue, seller=seller, station=f"Foyer {number}")
        for number, seller in enumerate(sellers)
    ]
    walk_in_account()

    def shift(seller: User) -> int:
        return sum(isinstance(sale(show, seller=seller)(), Booking) for _ in range(5))

    results = run_at_once([lambda seller=seller: shift(seller) for seller in sellers])
    assert results == [5, 5, 5, 5]
    assert ShowSeat.objects.filter(show=show, status="booked").count() == 40
    for session in sessions:
        closed = close(session)()
        assert closed.expected == 100 + 5 * 500
    assert list(broken()) == []
