"""Mails and lists of disputes for staff."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings as configured
from django.core import mail

from bookings.models import Dispute, Message
from bookings.tasks import start_messages
from bookings.tests.playground import deliver
from users.tests.factories import staff_with

pytestmark = pytest.mark.django_db


def test_staff_get_a_mail_when_a_dispute_opens_and_when_it_ends(server, paid, settings) -> None:
    settings.STAFF_EMAIL = "till@regal.example"
    booking, payment = paid
    dispute = server.dispute(payment.provider_id)
    deliver(server, copies=2)
    for status in ("under_review", "lost"):
        server.move_dispute(dispute["id"], status)
    deliver(server, copies=2, shuffle=True)
    while start_messages():
        pass
    opened, lost = [each for each in mail.outbox if each.to == ["till@regal.example"]]
    assert opened.subject == "A payment is in dispute: 500.00 INR"
    assert dispute["id"] in opened.body and booking.reference in opened.body
    assert "Refunds of this payment wait" in opened.body
    assert "Send your evidence to the payment provider by" in opened.body
    page = f"/admin/bookings/dispute/{Dispute.objects.get().pk}/change/"
    assert configured.FRONTEND_URL + page in opened.body
    assert "/bookings/" + booking.reference not in opened.body
    assert lost.subject == "Dispute lost: 500.00 INR"
    assert "Cancel the booking" in lost.body
    assert booking.user.email not in opened.body + lost.body


def test_staff_without_an_address_are_not_written_to(server, paid) -> None:
    _, payment = paid
    server.dispute(payment.provider_id)
    deliver(server)
    assert not Message.objects.filter(kind="dispute").exists()


def test_the_admin_lists_disputes_by_state_and_deadline(server, paid, admin_client) -> None:
    booking, payment = paid
    at_provider = server.dispute(payment.provider_id)
    deliver(server)
    path = "/admin/bookings/dispute/"
    page = admin_client.get(path).content.decode()
    assert at_provider["id"] in page and booking.reference in page and "500.00 INR" in page
    for query, is_there in {
        "due=open": True, "due=soon": False, "due=passed": False, "state=lost": False,
        f"q={booking.reference.replace('-', '')}": True, "o=4": True, "o=5": True,
    }.items():  # fmt: skip
        answer = admin_client.get(f"{path}?{query}")
        assert answer.status_code == 200
        assert (at_provider["id"] in answer.content.decode()) is is_there, query
    Dispute.objects.update(evidence_due_at=datetime.now(UTC) + timedelta(days=2))
    assert at_provider["id"] in admin_client.get(f"{path}?due=soon").content.decode()
    Dispute.objects.update(evidence_due_at=datetime.now(UTC) - timedelta(days=2))
    assert at_provider["id"] in admin_client.get(f"{path}?due=passed").content.decode()
    dispute = Dispute.objects.get()
    page = admin_client.get(f"{path}{dispute.pk}/change/").content.decode()
    assert f"https://dashboard.stripe.com/test/disputes/{at_provider['id']}" in page
    assert f"/admin/bookings/booking/{booking.pk}/change/" in page
    assert "-15.00 INR" in page and "dispute_fee" in page
    page = admin_client.get(f"/admin/bookings/booking/{booking.pk}/change/").content.decode()
    assert f"/admin/bookings/dispute/{dispute.pk}/change/" in page


def test_the_list_of_disputes_needs_its_permission(server, paid, client) -> None:
    client.force_login(staff_with("view_booking"))
    assert client.get("/admin/bookings/dispute/").status_code == 403
