from datetime import timedelta

import pytest
from django.utils import timezone

from bookings.models import Dispute, Message, Refund
from bookings.tests.factories import confirmed

pytestmark = pytest.mark.django_db
TOKEN = "a-token-of-the-tests"


def test_metrics_tell_depth_age_and_what_was_given_up_by_kind(
    api, settings, django_assert_num_queries
) -> None:
    settings.METRICS_TOKEN = TOKEN
    booking = confirmed()
    message = Message.objects.get()
    message.pk, message.dedupe_key, message.state = None, "dead", "dead"
    message.save()
    payment = booking.payments.get()
    Refund.objects.create(booking=booking, payment=payment, amount=5, status="failed")
    now = timezone.now()
    Dispute.objects.create(
        payment=payment, provider_id="dp_1", state="needs_response", amount=5, currency="INR",
        opened_at=now, evidence_due_at=now + timedelta(hours=1),
    )  # fmt: skip
    with django_assert_num_queries(9):
        answer = api.get("/metrics/", headers={"Authorization": f"Bearer {TOKEN}"})
    text = answer.content.decode()
    assert answer.status_code == 200 and answer["Content-Type"].startswith("text/plain")
    assert 'booking_queue_depth{kind="confirmed",queue="messages"} 1.0' in text
    assert 'booking_queue_dead{kind="confirmed",queue="messages"} 1.0' in text
    assert 'booking_queue_depth{kind="show.cancelled",queue="webhooks"} 0.0' in text
    assert 'booking_queue_depth{kind="password_reset",queue="account_mails"} 0.0' in text
    assert 'booking_queue_oldest_age_seconds{kind="confirmed",queue="messages"}' in text
    assert 'booking_refunds{status="failed"} 1.0' in text
    assert 'booking_refunds{status="pending"} 0.0' in text
    assert 'booking_disputes{state="needs_response"} 1.0' in text
    assert 'booking_disputes{state="under_review"} 0.0' in text
    assert "booking_dispute_evidence_due_seconds 3" in text
    assert booking.reference not in text


@pytest.mark.parametrize("sent", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "\0"}])
@pytest.mark.parametrize("token", [TOKEN, ""])
def test_metrics_are_not_there_for_others(api, settings, token: str, sent: dict[str, str]) -> None:
    settings.METRICS_TOKEN, settings.DEBUG = token, False
    answer = api.get("/metrics/", headers=sent)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_metrics_are_open_to_this_machine_in_development_only(api, settings) -> None:
    settings.METRICS_TOKEN, settings.DEBUG = "", True
    assert api.get("/metrics/").status_code == 200
    assert api.get("/metrics/", REMOTE_ADDR="192.0.2.1").status_code == 404
