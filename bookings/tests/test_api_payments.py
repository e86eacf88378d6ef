import hashlib
import hmac
import json
import time

import pytest

from bookings import checkout
from bookings.models import Booking, Payment, ProviderEvent, Refund
from bookings.tests.factories import confirmed, held, hold, run_out
from bookings.tests.soundness import broken
from eventbooking_system.testing.problems import assert_problem
from shows.tests.factories import scheduled_show, seat_ids
from users.tests.factories import StaffFactory, UserFactory

pytestmark = pytest.mark.django_db
WEBHOOK = "/api/bookings/webhooks/sandbox/"


@pytest.fixture
def booking() -> Booking:
    return held()


@pytest.fixture
def pay(login, booking):
    """Return a function that pays by a card of the sandbox."""

    def _pay(card: str | None = None):
        body = {"payment_method": card} if card else {}
        return login(booking.user).post(f"/api/bookings/{booking.pk}/payments/", body)

    return _pay


def signature(body: bytes, secret: str, *, at: float | None = None) -> str:
    signed_at = int(time.time() if at is None else at)
    digest = hmac.new(secret.encode(), b"%d.%b" % (signed_at, body), hashlib.sha256).hexdigest()
    return f"t={signed_at},v1={digest}"


@pytest.fixture
def send(api, settings):
    """Return a function that sends a payment's event over the wire."""

    def _send(payment_id, type="payment.succeeded", at=None, sign=None, **members):
        document = {
            "id": "evt-1", "type": type, "payment": payment_id, "amount": "500.00",
            "currency": "INR", **members,
        }  # fmt: skip
        body = json.dumps(document).encode()
        signed = sign or signature(body, settings.SANDBOX_WEBHOOK_SECRET, at=at)
        headers = {"Sandbox-Signature": signed} if signed != "none" else {}
        return api.post(WEBHOOK, body, content_type="application/json", headers=headers)

    return _send


def assert_no_trace(booking: Booking) -> None:
    booking.refresh_from_db()
    assert booking.status == "pending"
    assert not ProviderEvent.objects.exists()
    assert not Payment.objects.filter(status="succeeded").exists()


def test_the_default_card_confirms_the_booking(pay, booking) -> None:
    answer = pay()
    body = answer.json()
    assert answer.status_code == 201
    assert (body["provider"], body["status"]) == ("sandbox", "succeeded")
    paid = {"id": booking.pk, "reference": booking.reference, "status": "confirmed"}
    assert paid.items() <= body["booking"].items()
    assert (body["amount"], body["currency"], body["next_action"]) == ("500.00", "INR", None)
    booking.refresh_from_db()
    assert booking.status == "confirmed"


def test_a_declined_card_is_a_402_and_the_hold_stays(pay, booking) -> None:
    assert_problem(pay("pm_card_declined"), 402, "payment_declined")
    assert_no_trace(booking)
    assert pay("pm_card_visa").status_code == 201


def test_a_card_that_asks_is_completed_at_its_next_action(pay, booking, api) -> None:
    body = pay("pm_card_authentication").json()
    assert body["status"] == "requires_action"
    answer = api.post(body["next_action"]["url"])
    assert (answer.status_code, answer.json()["status"]) == (200, "succeeded")
    booking.refresh_from_db()
    assert booking.status == "confirmed"
    assert api.post(body["next_action"]["url"]).json()["status"] == "succeeded"


@pytest.mark.parametrize("secret", ["1-00000000000000000000000000000000", "x", "1-", "-"])
def test_a_next_action_needs_its_secret(pay, booking, api, secret: str) -> None:
    pay("pm_card_authentication")
    assert_problem(api.post(f"/api/bookings/sandbox/{secret}/"), 404, "not_found")
    assert_no_trace(booking)


def test_a_late_card_succeeds_when_its_event_comes(pay, booking, send) -> None:
    body = pay("pm_card_late").json()
    assert (body["status"], body["next_action"]) == ("requires_action", None)
    assert send(body["id"]).status_code == 200
    booking.refresh_from_db()
    assert booking.status == "confirmed"


@pytest.mark.parametrize("card", ["pm_card_unknown", "", 5, None, True, "x" * 101, "\x00"])
def test_an_unknown_way_to_pay_is_refused(login, booking, card) -> None:
    url = f"/api/bookings/{booking.pk}/payments/"
    answer = login(booking.user).post(url, {"payment_method": card})
    assert_problem(answer, 400, "invalid", "payment_method")
    assert not Payment.objects.exists()


def test_an_expired_booking_cannot_be_paid(pay, booking) -> None:
    run_out(booking)
    assert_problem(pay(), 409, "booking_expired")
    assert not Payment.objects.exists()


def test_without_a_provider_payments_are_declined(pay, booking, settings) -> None:
    settings.PAYMENT_PROVIDER = "none"
    assert_problem(pay(), 402, "payment_declined")
    assert not Payment.objects.exists()


def test_the_attempts_are_listed(pay, booking, login, django_assert_num_queries) -> None:
    pay("pm_card_declined")
    pay()
    client = login(booking.user)
    # The login, the booking with its lines, the payments.
    with django_assert_num_queries(4):
        rows = client.get(f"/api/bookings/{booking.pk}/payments/").json()
    assert [row["status"] for row in rows] == ["succeeded", "failed"]


# Events of the provider


def test_an_event_that_is_sent_several_times_counts_once(pay, booking, send) -> None:
    payment = pay("pm_card_late").json()
    assert {send(payment["id"]).status_code for _ in range(3)} == {200}
    assert ProviderEvent.objects.count() == 1
    assert booking.transitions.count() == 1


def test_a_failure_that_comes_after_the_success_changes_nothing(pay, booking, send) -> None:
    payment = pay("pm_card_late").json()
    send(payment["id"])
    assert send(payment["id"], type="payment.failed", id="evt-0").status_code == 200
    booking.refresh_from_db()
    assert (booking.status, booking.payments.get().status) == ("confirmed", "succeeded")


def test_a_success_after_the_failure_counts(pay, booking, send) -> None:
    payment = pay("pm_card_late").json()
    send(payment["id"], type="payment.failed", id="evt-0")
    booking.refresh_from_db()
    assert (booking.status, booking.payments.get().status) == ("pending", "failed")
    send(payment["id"])
    booking.refresh_from_db()
    assert booking.status == "confirmed"


def test_a_late_success_takes_the_same_seats_or_gives_the_money_back(send, login) -> None:
    for rival_is_quicker, status, money in ((False, "confirmed", 0), (True, "expired", 500)):
        show = scheduled_show()
        booking = held(show=show)
        client = login(booking.user)
        url = f"/api/bookings/{booking.pk}/"
        payment = client.post(url + "payments/", {"payment_method": "pm_card_late"}).json()
        run_out(booking)
        if rival_is_quicker:
            hold(customer=UserFactory(), show_id=show.pk, seat_ids=seat_ids(show, "A1"))
        assert send(payment["id"], id=f"evt-{payment['id']}").status_code == 200
        body = client.get(url).json()
        assert (body["status"], body["amount_refunded"]) == (status, f"{money}.00")


@pytest.mark.parametrize(
    "members",
    [{"amount": "499.99"}, {"amount": "50000"}, {"currency": "USD"}, {"amount": "-500.00"}],
)
def test_another_amount_or_currency_is_never_confirmed(pay, booking, send, members) -> None:
    payment = pay("pm_card_late").json()
    assert_problem(send(payment["id"], **members), 400, "invalid", next(iter(members)))
    assert_no_trace(booking)


@pytest.mark.parametrize(
    "forgery",
    [
        {"sign": "none"},
        {"sign": "t=1,v1=00"},
        {"sign": f"t={int(time.time())},v1={'0' * 64}"},
        {"sign": "v1=" + "0" * 64},
        {"sign": "nonsense"},
        {"at": time.time() - 3600},
        {"at": time.time() + 3600},
    ],
)
def test_a_bad_signature_leaves_no_trace(pay, booking, send, forgery) -> None:
    payment = pay("pm_card_late").json()
    assert_problem(send(payment["id"], **forgery), 400, "invalid_signature")
    assert_no_trace(booking)


def test_a_signature_is_of_its_own_body(pay, booking, api, settings) -> None:
    payment = pay("pm_card_late").json()
    signed = signature(b'{"id": "evt-1"}', settings.SANDBOX_WEBHOOK_SECRET)
    body = json.dumps({"id": "evt-1", "type": "payment.succeeded", "payment": payment["id"]})
    answer = api.post(
        WEBHOOK, body, content_type="application/json", headers={"Sandbox-Signature": signed}
    )
    assert_problem(answer, 400, "invalid_signature")
    assert_no_trace(booking)


@pytest.mark.parametrize(
    "members",
    [
        {"id": 5}, {"id": ""}, {"id": "x" * 200}, {"type": None}, {"payment": "1"},
        {"payment": True}, {"payment": 10**30}, {"amount": "much"}, {"amount": "NaN"},
        {"amount": "1e999999", "type": "refund.failed"}, {"amount": None}, {"currency": 1}, {"currency": "\x00"},
    ],
)  # fmt: skip
def test_a_signed_event_that_makes_no_sense_is_refused(pay, booking, send, members) -> None:
    payment = pay("pm_card_late").json()
    answer = send(payment["id"], **members)
    assert_problem(answer, 400, "invalid", next(iter(members)))
    assert_no_trace(booking)


def test_events_of_unknown_types_and_payments_are_taken_and_change_nothing(
    pay, booking, send
) -> None:
    payment = pay("pm_card_late").json()
    assert send(payment["id"], type="payment.created").status_code == 200
    assert send(payment["id"] + 1000, id="evt-2").json() == {"outcome": "unknown payment"}
    booking.refresh_from_db()
    assert booking.status == "pending"


def test_a_refund_s_event_settles_a_refund_that_was_under_way(send) -> None:
    booking = confirmed()
    payment = booking.payments.get()
    refund = Refund.objects.create(booking=booking, payment=payment, amount=payment.amount)
    send(payment.pk, type="refund.succeeded")
    refund.refresh_from_db()
    payment.refresh_from_db()
    assert (refund.status, payment.status) == ("succeeded", "refunded")


def test_a_refund_that_had_succeeded_comes_back(send) -> None:
    booking = confirmed()
    payment = booking.payments.get()
    checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
    for _ in range(2):
        send(payment.pk, type="refund.failed")
    refund = booking.refunds.get()
    assert (refund.status, refund.came_back) == ("pending", 1)
    assert refund.failure == "The bank refused it."
    assert [*broken()] == []
    Refund.objects.update(next_try_at=None)
    assert checkout.send_refunds() == 1
    payment.refresh_from_db()
    assert payment.status == "refunded" and [*broken()] == []


def test_an_unknown_provider_is_not_found(api) -> None:
    answer = api.post("/api/bookings/webhooks/stripe/", {})
    assert_problem(answer, 404, "not_found")


def test_staff_see_a_payment_without_what_it_could_be_completed_with(login, booking, pay) -> None:
    secret = pay("pm_card_authentication").json()["client_secret"]
    url = f"/api/bookings/{booking.pk}/payments/"
    assert secret in login(booking.user).get(url).content.decode()
    seen = login(StaffFactory()).get(f"{url}?all=true")
    assert [payment["status"] for payment in seen.json()] == ["requires_action"]
    assert secret not in seen.content.decode()
