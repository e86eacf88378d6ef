"""Refunds of tickets and amounts at the counter."""

from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from bookings import checkout
from bookings.models import Refund, Ticket
from bookings.tests.factories import confirmed
from bookings.tests.soundness import broken
from box_office import printing
from box_office.models import CashSession
from box_office.selectors import report_of
from box_office.tests.counter_bookings.steps import BOOKINGS, SALES, refund_path, tender
from box_office.tests.factories import sale_body
from eventbooking_system.testing.problems import assert_problem
from shows.models import Show, ShowSeat
from users.tests.factories import StaffFactory, staff_with

pytestmark = pytest.mark.django_db


@pytest.mark.sqlite
def test_one_ticket_is_refunded_and_its_seat_is_free_again(
    till: APIClient, sold: dict[str, Any], show: Show, session: CashSession
) -> None:
    ticket = sold["tickets"][0]
    body = {"ticket_ids": [ticket["id"]], "tender": tender("250.00"), "reason": "ill"}
    refunded = till.post(refund_path(sold), body)
    assert refunded.status_code == 201
    sale = refunded.json()
    assert (sale["status"], sale["amount_refunded"]) == ("confirmed", "250.00")
    assert [row["seat_id"] for row in sale["tickets"]] == [sold["tickets"][1]["seat_id"]]
    assert [(row["status"], row["method"]) for row in sale["refunds"]] == [("succeeded", "cash")]
    assert report_of(session).expected == Decimal(350)
    assert ShowSeat.objects.get(show=show, seat=ticket["seat_id"]).status == "available"
    assert list(broken()) == []
    resold = sale_body(show, "A1") | {"seat_ids": [ticket["seat_id"]]}
    assert till.post(SALES, resold).status_code == 201
    assert list(broken()) == []
    rest = {"ticket_ids": [sold["tickets"][1]["id"]], "tender": tender("250.00"), "reason": "ill"}
    assert till.post(refund_path(sold), rest).json()["status"] == "cancelled"
    assert list(broken()) == []


def test_all_tickets_are_refunded_and_the_booking_is_cancelled(
    till: APIClient, sold: dict[str, Any], show: Show
) -> None:
    ids = [ticket["id"] for ticket in sold["tickets"]]
    body = {"ticket_ids": ids, "tender": tender("500.00", "bank_transfer"), "reason": "ill"}
    sale = till.post(refund_path(sold), body).json()
    assert (sale["status"], sale["tickets"]) == ("cancelled", [])
    assert sale["refunds"][0]["method"] == "bank_transfer"
    assert not ShowSeat.objects.filter(show=show, status="booked").exists()
    assert not Ticket.objects.in_force().exists()
    assert list(broken()) == []


def test_an_amount_is_refunded_and_the_tickets_stay(till: APIClient, sold: dict[str, Any]) -> None:
    body = {"amount": "100.00", "tender": tender("100.00"), "reason": "the heating failed"}
    sale = till.post(refund_path(sold), body).json()
    assert (sale["status"], sale["amount_refunded"], len(sale["tickets"])) == (
        "confirmed", "100.00", 2,
    )  # fmt: skip
    assert list(broken()) == []


def test_a_cancellation_after_a_part_refund_refunds_the_rest(
    till: APIClient, sold: dict[str, Any], session: CashSession
) -> None:
    body = {"amount": "100.00", "tender": tender("100.00"), "reason": "the heating failed"}
    assert till.post(refund_path(sold), body).status_code == 201
    checkout.cancel(booking_id=sold["id"], cancelled_by=StaffFactory(), in_full=True)
    assert list(broken()) == []
    owed = {"tender": tender("400.00"), "reason": "cancelled"}
    assert till.post(refund_path(sold), owed).status_code == 201
    assert report_of(session).expected == Decimal(100)
    assert list(broken()) == []


def test_money_of_a_cancelled_show_is_handed_over_at_the_counter(
    till: APIClient, sold: dict[str, Any], show: Show, session: CashSession
) -> None:
    checkout.cancel_show(show_id=show.pk, cancelled_by=StaffFactory())
    assert Refund.objects.get().status == "pending"
    assert checkout.send_refunds() == 0
    body = {"tender": tender("499.00"), "reason": "show cancelled"}
    assert_problem(till.post(refund_path(sold), body), 400, "tender_mismatch", "tender.amount")
    sale = till.post(refund_path(sold), body | {"tender": tender("500.00")}).json()
    assert [row["status"] for row in sale["refunds"]] == ["succeeded"]
    assert report_of(session).expected == Decimal(100)
    again = till.post(refund_path(sold), body | {"tender": tender("500.00")})
    assert_problem(again, 409, "invalid_transition")
    assert list(broken()) == []


@pytest.mark.parametrize(
    "refusal",
    [
        ({"amount": "500.01"}, 400, "invalid", "amount"),
        ({"amount": "0.00"}, 400, "invalid", "amount"),
        ({"amount": "1.001"}, 400, "invalid", "amount"),
        ({"tender": tender("99.00")}, 400, "tender_mismatch", "tender.amount"),
        ({"tender": None}, 400, "invalid", "tender"),
        ({"reason": ""}, 400, "invalid", "reason"),
        ({"amount": None, "ticket_ids": [999_999]}, 400, "invalid", "ticket_ids"),
        ({"amount": None}, 400, "invalid", "ticket_ids"),
        ({"ticket_ids": [1]}, 400, "invalid", "amount"),
    ],
)
def test_refunds_refuse_and_write_nothing(
    till: APIClient, sold: dict[str, Any], refusal: tuple[Any, int, str, str]
) -> None:
    changes, *expected = refusal
    body = {"amount": "100.00", "tender": tender("100.00"), "reason": "ill"} | changes
    body = {name: value for name, value in body.items() if value is not None}
    assert_problem(till.post(refund_path(sold), body), *expected)
    assert not Refund.objects.exists()
    assert Ticket.objects.in_force().count() == 2


def test_a_used_ticket_is_not_refunded(till: APIClient, sold: dict[str, Any]) -> None:
    ticket = sold["tickets"][0]["id"]
    Ticket.objects.filter(pk=ticket).update(checked_in_at=timezone.now())
    body = {"ticket_ids": [ticket], "tender": tender("250.00"), "reason": "ill"}
    assert_problem(till.post(refund_path(sold), body), 409, "already_checked_in")
    assert not Refund.objects.exists()
    assert Ticket.objects.in_force().count() == 2


def test_money_that_was_paid_online_goes_back_online(
    till: APIClient, show: Show, session: CashSession
) -> None:
    booking = confirmed("A5", show=show)
    path = f"{BOOKINGS}{booking.pk}/refunds/"
    body = {"amount": "50.00", "tender": tender("50.00"), "reason": "ill"}
    assert_problem(till.post(path, body), 400, "invalid", "tender")
    assert not Refund.objects.exists()
    del body["tender"]
    assert till.post(path, body).status_code == 201
    assert Refund.objects.get().status == "succeeded"
    assert list(broken()) == []


def test_cash_of_a_refund_needs_an_open_session(till: APIClient, show: Show) -> None:
    sale = till.post(SALES, sale_body(show, "A1", method="card_terminal", reference="R")).json()
    body = {"amount": "50.00", "tender": tender("50.00"), "reason": "ill"}
    assert_problem(till.post(refund_path(sale), body), 409, "cash_session_required")
    assert not Refund.objects.exists()


def test_refunds_need_their_own_permission(login: Any, sold: dict[str, Any]) -> None:
    body = {"amount": "50.00", "tender": tender("50.00"), "reason": "ill"}
    refused = login(staff_with("sell")).post(refund_path(sold), body)
    assert_problem(refused, 403, "permission_denied")
    assert not Refund.objects.exists()


def test_a_receipt_shows_the_tickets_and_the_money_that_are_left(
    till: APIClient, sold: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"ticket_ids": [sold["tickets"][0]["id"]], "tender": tender("250.00"), "reason": "ill"}
    sale = till.post(refund_path(sold), body).json()
    assert (sale["total"], sale["current_amounts"]["total"]) == ("500.00", "250.00")
    rolls: list[Any] = []
    monkeypatch.setattr(printing, "roll_pdf", lambda rows, **_: rolls.extend(rows) or b"")
    till.get(f"{BOOKINGS}{sold['id']}/receipt.pdf")
    assert [(row.left, row.right) for row in rolls[6:-2]] == [
        ("A2", "250.00 INR"), ("Total", "250.00 INR"), ("Cash", "500.00 INR"),
        ("Refund", "-250.00 INR"), ("Paid less refunds", "250.00 INR"),
    ]  # fmt: skip
