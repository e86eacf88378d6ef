"""Counter work with bookings: find, pay, correct, send and print."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.utils import timezone
from rest_framework.test import APIClient

from bookings import checkout
from bookings.models import Booking, Message, Payment
from bookings.tests.factories import confirmed, held, run_out
from bookings.tests.soundness import broken
from box_office.models import CashSession, Tender
from box_office.selectors import report_of
from box_office.tests.counter_bookings.steps import BOOKINGS, SALES, tender
from box_office.tests.factories import sale_body
from eventbooking_system.testing.problems import assert_problem
from shows.models import Show
from shows.tests.factories import seat_ids
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def found(till: APIClient, search: str) -> list[int]:
    return [row["id"] for row in till.get(BOOKINGS, {"search": search}).json()["results"]]


@pytest.mark.sqlite
def test_bookings_are_found_by_reference_name_address_and_phone(
    till: APIClient, sold: dict[str, Any], show: Show
) -> None:
    meera = UserFactory(first_name="Meera", last_name="Nair", phone="+919812345678")
    other = held("A5", show=show, customer=meera)
    reference = sold["reference"]
    for search in (
        reference, reference.replace("-", ""), reference.lower().replace("-", " "), "asha rao",
        "RAO", "asha@example", "98765 43210",
    ):  # fmt: skip
        assert found(till, search) == [sold["id"]], search
    assert found(till, "meera") == [other.pk]
    assert found(till, "9812345678") == [other.pk]
    assert found(till, "nobody") == []


@pytest.mark.sqlite
def test_the_list_has_shows_payments_and_a_fixed_number_of_queries(
    till: APIClient, sold: dict[str, Any], show: Show, django_assert_max_num_queries: Any
) -> None:
    confirmed("A5", show=show)
    with django_assert_max_num_queries(16):
        rows = till.get(BOOKINGS).json()["results"]
    assert [row["sales_channel"] for row in rows] == ["web", "box_office"]
    assert rows[1]["show_details"]["id"] == show.pk
    assert rows[1]["payments"][0]["provider"] == "cash"
    mine = till.get(BOOKINGS, {"mine": "true"}).json()["results"]
    assert [row["id"] for row in mine] == [sold["id"]]


def test_a_reserved_booking_is_paid_at_the_counter(
    till: APIClient, unpaid: dict[str, Any], session: CashSession
) -> None:
    path = f"{BOOKINGS}{unpaid['id']}/payments/"
    paid = till.post(path, {"tender": tender("250.00", tendered="300.00")})
    assert paid.status_code == 201
    assert (paid.json()["status"], paid.json()["change_due"]) == ("confirmed", "50.00")
    assert len(paid.json()["tickets"]) == 1
    assert report_of(session).expected == Decimal(350)
    again = till.post(path, {"tender": tender("250.00")})
    assert_problem(again, 409, "invalid_transition")
    assert Tender.objects.count() == 1
    assert list(broken()) == []


def test_the_same_receipt_twice_is_the_same_payment(
    till: APIClient, unpaid: dict[str, Any], show: Show
) -> None:
    path = f"{BOOKINGS}{unpaid['id']}/payments/"
    body = {"tender": tender("250.00", "card_terminal", reference="R-17")}
    first, second = till.post(path, body), till.post(path, body)
    assert (first.status_code, second.status_code) == (201, 201)
    assert [row["id"] for row in second.json()["payments"]] == [
        row["id"] for row in first.json()["payments"]
    ]
    assert (Payment.objects.count(), Tender.objects.count()) == (1, 1)
    other = held("A5", show=show)
    refused = till.post(f"{BOOKINGS}{other.pk}/payments/", body)
    assert_problem(refused, 400, "invalid", "tender.reference")
    assert Payment.objects.count() == 1


def test_a_hold_of_the_web_is_paid_at_the_counter_and_its_attempt_is_ended(
    till: APIClient, show: Show, session: CashSession
) -> None:
    booking = held("A1", show=show)
    checkout.pay(booking_id=booking.pk, payment_method="pm_card_authentication")
    path = f"{BOOKINGS}{booking.pk}/payments/"
    assert till.post(path, {"tender": tender("250.00")}).status_code == 201
    statuses = booking.payments.order_by("pk").values_list("provider", "status")
    assert list(statuses) == [("sandbox", "failed"), ("cash", "succeeded")]
    assert list(broken()) == []


def test_payments_refuse_and_write_nothing(till: APIClient, unpaid: dict[str, Any]) -> None:
    path = f"{BOOKINGS}{unpaid['id']}/payments/"
    assert_problem(
        till.post(path, {"tender": tender("1.00")}), 400, "tender_mismatch", "tender.amount"
    )
    assert_problem(till.post(path, {}), 400, "invalid", "tender")
    run_out(Booking.objects.get())
    assert_problem(till.post(path, {"tender": tender("250.00")}), 409, "booking_expired")
    assert not Payment.objects.exists()
    assert not Tender.objects.exists()


def test_a_mistyped_address_is_corrected_and_its_links_are_revoked(
    till: APIClient, sold: dict[str, Any]
) -> None:
    booking = Booking.objects.get(pk=sold["id"])
    booking.links.create(token_hash="0" * 64)
    path = f"{BOOKINGS}{sold['id']}/"
    corrected = till.patch(path, {"customer_email": "Asha.Rao@example.org"})
    assert corrected.json()["customer_email"] == "asha.rao@example.org"
    assert corrected.json()["customer_name"] == "Asha Rao"
    assert not booking.links.filter(revoked_at=None).exists()
    assert_problem(till.patch(path, {"customer_email": "x"}), 400, "invalid", "customer_email")
    assert_problem(till.patch(path, {"total": "1.00"}), 400, "invalid", "total")


def test_a_booking_is_sent_again(till: APIClient, sold: dict[str, Any], show: Show) -> None:
    before = Message.objects.count()
    assert till.post(f"{BOOKINGS}{sold['id']}/resend/").status_code == 202
    assert Message.objects.count() == before + 1
    walk_in = till.post(SALES, sale_body(show, "A5")).json()
    refused = till.post(f"{BOOKINGS}{walk_in['id']}/resend/")
    assert_problem(refused, 400, "invalid", "customer_email")


def test_tickets_and_receipt_are_printed_again(till: APIClient, sold: dict[str, Any]) -> None:
    tickets = till.get(f"{BOOKINGS}{sold['id']}/tickets.pdf")
    assert tickets["Content-Type"] == "application/pdf"
    receipt = till.get(f"{BOOKINGS}{sold['id']}/receipt.pdf")
    assert b"/MediaBox [ 0 0 226.7717" in receipt.content


def test_counter_bookings_are_closed_to_all_but_sellers(
    api: APIClient, customer_api: APIClient, staff_api: Any, sold: dict[str, Any]
) -> None:
    one = f"{BOOKINGS}{sold['id']}/"
    calls = [("get", BOOKINGS), ("get", one), ("patch", one), ("post", f"{one}payments/"),
             ("post", f"{one}refunds/"), ("post", f"{one}resend/"), ("get", f"{one}tickets.pdf"),
             ("get", f"{one}receipt.pdf")]  # fmt: skip
    for method, path in calls:
        for client, status in ((api, 401), (customer_api, 403), (staff_api("view_booking"), 403)):
            assert getattr(client, method)(path).status_code == status, (method, path)


def test_a_walk_in_pays_with_the_link_of_the_mail(
    till: APIClient, api: APIClient, show: Show
) -> None:
    pay_by = (timezone.now() + timedelta(hours=5)).isoformat()
    body = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1"), "pay_by": pay_by}
    sale = till.post(SALES, body | {"customer": {"email": "asha@example.org"}}).json()
    call_command("worker", once=True, queue=["messages"])
    [message] = mail.outbox
    token = re.search(rf"/bookings/{sale['reference']}#(\S+)", message.body)[1]
    opened = api.post("/api/bookings/open/", {"reference": sale["reference"], "token": token})
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {opened.json()['access']}")
    assert api.post(f"/api/bookings/{sale['id']}/payments/", {}).status_code == 201
    assert Booking.objects.get().status == "confirmed"
    assert api.get("/api/users/me/").status_code == 401
    assert list(broken()) == []
