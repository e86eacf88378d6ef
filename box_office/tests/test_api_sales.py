"""Sales at the counter that succeed."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.utils import timezone
from rest_framework.test import APIClient

from audit.models import Entry
from bookings import checkout
from bookings.models import Booking, Message
from bookings.tests.soundness import broken
from box_office.models import CashSession
from box_office.selectors import report_of
from box_office.tests.factories import cash_session, sale_body
from box_office.tests.sales import SALES, assert_nothing_sold
from eventbooking_system.testing.problems import assert_problem
from shows.models import Show, ShowSeat
from shows.services import block_seats, save_ticket_type
from shows.tests.factories import scheduled_show, seat_ids
from users.models import WALK_IN_EMAIL, User
from users.services import walk_in_account
from users.tests.factories import PASSWORD, StaffFactory, UserFactory, staff_with

pytestmark = pytest.mark.django_db


@pytest.mark.sqlite
def test_sale_in_cash_is_confirmed_with_payment_tickets_and_change(
    till: APIClient, show: Show, session: CashSession, seller: User
) -> None:
    body = sale_body(show, "A1", "A2", tendered="600.00")
    response = till.post(SALES, body)
    assert response.status_code == 201
    sale = response.json()
    assert (sale["status"], sale["sales_channel"], sale["total"]) == (
        "confirmed", "box_office", "500.00",
    )  # fmt: skip
    assert (sale["sold_by"], sale["sold_by_name"]) == (seller.pk, "Ravi Iyer")
    assert sale["change_due"] == "100.00"
    [payment] = sale["payments"]
    assert (payment["provider"], payment["status"]) == ("cash", "succeeded")
    assert (payment["amount"], payment["tendered"]) == ("500.00", "600.00")
    assert payment["cash_session"] == session.pk
    assert sorted(ticket["seat_id"] for ticket in sale["tickets"]) == sorted(sale["seat_ids"])
    assert all(ticket["payload"] for ticket in sale["tickets"])
    booking = Booking.objects.get()
    assert booking.user.email == WALK_IN_EMAIL
    assert report_of(session).expected == Decimal(600)
    entry = Entry.objects.get(action="box_office.sell")
    assert (entry.actor, entry.changes) == (seller, {"total": "500.00 INR", "settled": "cash"})
    assert list(broken()) == []


def test_sale_to_a_walk_in_sends_no_message(
    till: APIClient, show: Show, session: CashSession
) -> None:
    assert till.post(SALES, sale_body(show, "A1")).status_code == 201
    assert not Message.objects.exists()


@pytest.mark.sqlite
def test_walk_ins_share_one_account_that_cannot_log_in(
    till: APIClient, show: Show, session: CashSession, api: APIClient
) -> None:
    for seat in ("A1", "A2"):
        assert till.post(SALES, sale_body(show, seat)).status_code == 201
    account = User.objects.get(email=WALK_IN_EMAIL)
    assert Booking.objects.filter(user=account).count() == 2
    assert not account.is_active
    assert not account.has_usable_password()
    answer = api.post("/api/users/login/", {"email": WALK_IN_EMAIL, "password": "x"})
    assert_problem(answer, 401, "authentication_failed")


def test_sale_to_a_named_customer_keeps_the_name_and_mails_the_tickets(
    till: APIClient, show: Show, session: CashSession
) -> None:
    customer = {"name": "Asha Rao", "email": "Asha@Example.org", "phone": "+919876543210"}
    sale = till.post(SALES, sale_body(show, "A1") | {"customer": customer}).json()
    assert (sale["customer_name"], sale["customer_email"], sale["customer_phone"]) == (
        "Asha Rao", "asha@example.org", "+919876543210",
    )  # fmt: skip
    call_command("worker", once=True, queue=["messages"])
    [message] = mail.outbox
    assert message.to == ["asha@example.org"]
    assert "Hello Asha Rao," in message.body


def test_sale_to_an_existing_user_is_their_booking(
    till: APIClient, show: Show, session: CashSession, customer: User, customer_api: APIClient
) -> None:
    sale = till.post(SALES, sale_body(show, "A1") | {"user": customer.pk}).json()
    assert sale["user"] == customer.pk
    [own] = customer_api.get("/api/bookings/").json()["results"]
    assert (own["id"], own["sales_channel"]) == (sale["id"], "box_office")
    assert "customer_name" not in own


def test_sale_by_card_terminal_needs_no_session(till: APIClient, show: Show) -> None:
    sale = till.post(SALES, sale_body(show, "A1", method="card_terminal", reference="R-17")).json()
    [payment] = sale["payments"]
    assert (payment["provider"], payment["reference"]) == ("card_terminal", "R-17")
    assert (payment["cash_session"], sale["change_due"]) == (None, "0.00")
    assert list(broken()) == []


def test_sale_by_bank_transfer_belongs_to_the_open_session(
    till: APIClient, show: Show, session: CashSession
) -> None:
    sale = till.post(SALES, sale_body(show, "A1", method="bank_transfer")).json()
    assert sale["payments"][0]["cash_session"] == session.pk
    assert report_of(session).expected == Decimal(100)


def test_sale_in_the_session_of_a_colleague_that_is_named(till: APIClient, show: Show) -> None:
    shared = cash_session(venue=show.screen.venue)
    body = sale_body(show, "A1")
    assert_problem(till.post(SALES, body), 409, "cash_session_required")
    body["tender"]["cash_session"] = shared.pk
    assert till.post(SALES, body).json()["payments"][0]["cash_session"] == shared.pk


@pytest.mark.sqlite
def test_best_seats_are_sold_in_cash(till: APIClient, show: Show, session: CashSession) -> None:
    tender = {"method": "cash", "amount": "500.00"}
    sale = till.post(SALES, {"show_id": show.pk, "quantity": 2, "tender": tender}).json()
    assert len(sale["tickets"]) == 2
    assert sale["status"] == "confirmed"


def test_complimentary_tickets_cost_nothing_and_keep_their_reason(show: Show, login: Any) -> None:
    till = login(staff_with("sell", "give_complimentary"))
    show.fee_per_booking = Decimal(20)
    show.save()
    body = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1"), "complimentary_reason": "press"}
    sale = till.post(SALES, body).json()
    assert (sale["status"], sale["total"], sale["fees"]) == ("confirmed", "0.00", "0.00")
    assert (sale["complimentary_reason"], sale["payments"]) == ("press", [])
    assert sale["seats"][0]["price"] == "0.00"
    assert len(sale["tickets"]) == 1
    assert list(broken()) == []


def test_complimentary_tickets_need_their_own_permission(till: APIClient, show: Show) -> None:
    body = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1"), "complimentary_reason": "press"}
    assert_problem(till.post(SALES, body), 403, "permission_denied")
    assert_nothing_sold()


def pay_later(show: Show, *labels: str, **more: Any) -> dict[str, Any]:
    pay_by = (timezone.now() + timedelta(hours=5)).isoformat()
    return {"show_id": show.pk, "seat_ids": seat_ids(show, *labels), "pay_by": pay_by, **more}


def test_pay_by_holds_until_then_and_mails_a_link_to_pay(till: APIClient, show: Show) -> None:
    body = pay_later(show, "A1", customer={"name": "Asha Rao", "email": "asha@example.org"})
    sale = till.post(SALES, body).json()
    assert (sale["status"], sale["payments"], sale["tickets"]) == ("pending", [], [])
    booking = Booking.objects.get()
    assert booking.expires_at.isoformat() == body["pay_by"]
    assert set(ShowSeat.objects.filter(booking=booking).values_list("held_until", flat=True)) == {
        booking.expires_at
    }
    call_command("worker", once=True, queue=["messages"])
    [message] = mail.outbox
    assert message.to == ["asha@example.org"]
    assert message.subject.startswith("Your seats are held for you")
    assert booking.reference in message.body
    assert list(broken()) == []


def test_hold_for_an_account_is_paid_online(
    till: APIClient, show: Show, customer: User, customer_api: APIClient
) -> None:
    sale = till.post(SALES, pay_later(show, "A1", user=customer.pk)).json()
    answer = customer_api.post(f"/api/bookings/{sale['id']}/payments/", {})
    assert answer.status_code == 201
    assert Booking.objects.get().status == "confirmed"
    assert list(broken()) == []


@pytest.mark.sqlite
def test_hold_by_staff_ends_by_itself(till: APIClient, show: Show) -> None:
    till.post(SALES, pay_later(show, "A1"))
    Booking.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert checkout.expire() == 1
    assert ShowSeat.objects.filter(show=show, status="available").count() == 12


@pytest.mark.parametrize("ahead", [timedelta(seconds=-1), timedelta(days=2), timedelta(days=61)])
def test_pay_by_refuses_times_that_are_past_or_too_late(
    till: APIClient, show: Show, ahead: timedelta
) -> None:
    if ahead > timedelta(days=60):
        show = scheduled_show(start_time=timezone.now() + timedelta(days=90))
    body = pay_later(show, "A1") | {"pay_by": (timezone.now() + ahead).isoformat()}
    assert_problem(till.post(SALES, body), 400, "invalid", "pay_by")
    assert_nothing_sold()


def test_counter_sells_more_seats_than_the_limit_and_blocked_ones_and_leaves_singles(
    till: APIClient, show: Show, session: CashSession, settings: Any
) -> None:
    settings.BOOKINGS_MAX_SEATS = 2
    Show.objects.filter(pk=show.pk).update(single_seat_rule="always")
    block_seats(show_id=show.pk, block=seat_ids(show, "A3"), reason="house")
    labels = [f"A{number}" for number in range(2, 13)]
    sale = till.post(SALES, sale_body(show, *labels)).json()
    assert len(sale["tickets"]) == 11


def test_counter_sells_after_the_start_until_the_end(
    till: APIClient, show: Show, session: CashSession
) -> None:
    now = timezone.now()
    Show.objects.filter(pk=show.pk).update(
        start_time=now - timedelta(hours=1),
        end_time=now + timedelta(hours=1),
        sales_close_at=now - timedelta(hours=1),
    )
    assert till.post(SALES, sale_body(show, "A1")).status_code == 201
    Show.objects.filter(pk=show.pk).update(end_time=now)
    assert_problem(till.post(SALES, sale_body(show, "A2")), 409, "show_not_on_sale")
    assert Booking.objects.count() == 1


def test_limits_against_hoarding_do_not_bind_the_counter(
    till: APIClient, show: Show, settings: Any
) -> None:
    settings.BOOKINGS_MAX_PENDING = 1
    for seat in ("A1", "A2", "A3"):
        assert till.post(SALES, pay_later(show, seat)).status_code == 201


def test_nobody_sells_a_cancelled_show(till: APIClient, show: Show, session: CashSession) -> None:
    checkout.cancel_show(show_id=show.pk, cancelled_by=StaffFactory())
    assert_problem(till.post(SALES, sale_body(show, "A1")), 409, "show_not_on_sale")
    assert_nothing_sold()


def test_a_promo_codes_limit_per_customer_does_not_count_walk_ins(
    till: APIClient, show: Show, session: CashSession, boss_api: APIClient
) -> None:
    code = {"code": "TEN", "percent": "10", "max_uses_per_customer": 1}
    assert boss_api.post("/api/bookings/promo-codes/", code).status_code == 201
    for seat in ("A1", "A2"):
        body = sale_body(show, seat, amount="225.00") | {"promo_code": "TEN"}
        assert till.post(SALES, body).status_code == 201


def test_what_staff_typed_about_a_customer_is_exported_and_erased(
    till: APIClient, show: Show, session: CashSession, customer: User, customer_api: APIClient
) -> None:
    named = {"name": "Asha R.", "email": "other@example.org", "phone": "+919876543210"}
    body = sale_body(show, "A1") | {"user": customer.pk, "customer": named}
    assert till.post(SALES, body).status_code == 201
    [exported] = customer_api.get("/api/users/me/export/").json()["bookings"]
    assert exported["customer_email"] == "other@example.org"
    assert customer_api.delete("/api/users/me/", {"password": PASSWORD}).status_code == 204
    booking = Booking.objects.get()
    assert (booking.customer_name, booking.customer_email, booking.customer_phone) == ("", "", "")


def test_the_walk_in_account_is_not_listed_in_the_admin(boss: Any) -> None:
    walk_in_account()
    UserFactory(email="listed@example.org")
    page = boss.get("/admin/users/user/").content.decode()
    assert "listed@example.org" in page
    assert WALK_IN_EMAIL not in page


def test_counter_sells_types_of_the_box_office_by_the_rules_of_each_type(till, session) -> None:
    prices = {"Gold": {"Adult": Decimal(250), "School": Decimal(100), "Online": Decimal(200)}}
    show = scheduled_show(prices=prices)
    adult = save_ticket_type(code="adult", name="Adult")
    save_ticket_type(code="school", name="School", on_web=False, needs=adult, per_needed=10)
    save_ticket_type(code="online", name="Online", at_box_office=False)
    ids = seat_ids(show, "A1", "A2")
    tender = {"method": "card_terminal", "reference": "T1"}
    for kind in ("School", "Online"):
        body = {"show_id": show.pk, "seat_ids": ids[:1], "ticket_types": {str(ids[0]): kind}}
        refused = till.post(SALES, {**body, "tender": {**tender, "amount": "100.00"}})
        assert_problem(refused, 400, "invalid", field=f"ticket_types.{ids[0]}")
    assert not Booking.objects.exists()
    body = {"show_id": show.pk, "seat_ids": ids, "ticket_types": {str(ids[1]): "School"}}
    sold = till.post(SALES, {**body, "tender": {**tender, "amount": "350.00"}})
    assert sold.status_code == 201, sold.content
