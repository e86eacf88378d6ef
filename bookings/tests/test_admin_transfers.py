"""Transfers at the admin site, listed and beside bookings and tickets."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings import services
from bookings.models import Ticket, TicketTransfer
from bookings.tests.factories import confirmed, show_soon, ticket_of
from shows.models import Show
from users.tests.factories import UserFactory, staff_with

pytestmark = pytest.mark.django_db
TRANSFERS = "/admin/bookings/tickettransfer/"


def offered(email: str = "ravi@example.org") -> TicketTransfer:
    ticket = ticket_of(confirmed("A1", show=show_soon()))
    return services.offer_ticket(
        ticket_id=ticket.pk, offered_by=ticket.booking.user, email=email, message="Have fun!"
    )


def accepted(email: str = "ravi@example.org") -> TicketTransfer:
    transfer = offered(email)
    token = services.transfer_link(transfer).rpartition("#")[2]
    recipient = UserFactory(first_name="Ravi", email=email)
    services.accept_transfer(token=token, recipient=recipient)
    return transfer


def withdrawn() -> TicketTransfer:
    transfer = offered()
    services.withdraw_transfer(ticket_id=transfer.ticket_id, by=transfer.sender)
    return transfer


def expired() -> TicketTransfer:
    transfer = offered()
    began = timezone.now() - timedelta(minutes=1)
    Show.objects.filter(pk=transfer.booking.show_id).update(start_time=began)
    return transfer


def ended() -> TicketTransfer:
    transfer = accepted("asha@example.org")
    services.cancel_booking(booking_id=transfer.booking.pk, cancelled_by=staff_with(), in_full=True)
    return transfer


def found(boss, **query: str) -> list[TicketTransfer]:
    return list(boss.get(TRANSFERS, query).context["cl"].result_list)


@pytest.mark.sqlite
def test_staff_filter_transfers_by_their_state(boss) -> None:
    rows = {make.__name__: make() for make in (accepted, withdrawn, expired, ended)}
    rows["pending"] = offered()
    for state, transfer in rows.items():
        assert found(boss, state=state) == [transfer], state
        assert [row.state for row in found(boss, state=state)] == [state]
    assert len(found(boss)) == 5


def test_a_transfer_is_found_by_address_reference_and_code(boss) -> None:
    transfer = offered("meena@example.org")
    offered()
    ticket = Ticket.objects.get(pk=transfer.ticket_id)
    reference = ticket.booking.reference
    for text in ("meena@example.org", reference, reference.replace("-", ""), ticket.code):
        assert found(boss, q=text) == [transfer], text
    assert len(found(boss, q=ticket.booking.user.email)) == 1


def test_the_page_of_a_transfer_is_for_looking(boss) -> None:
    transfer = offered()
    services.transfer_link(transfer)
    transfer.refresh_from_db()
    path = f"{TRANSFERS}{transfer.pk}/change/"
    page = boss.get(path).content.decode()
    for text in ("ravi@example.org", "Have fun!", transfer.booking.reference, "pending"):
        assert text in page
    assert transfer.token_hash and transfer.token_hash not in page
    assert boss.post(path, {"email": "other@example.org"}).status_code == 403
    assert boss.get(f"{TRANSFERS}add/").status_code == 403
    assert boss.post(f"{TRANSFERS}{transfer.pk}/delete/", {"post": "yes"}).status_code == 403
    assert TicketTransfer.objects.get().email == "ravi@example.org"


def test_the_pages_of_the_booking_and_of_the_ticket_show_its_transfers(boss) -> None:
    transfer = accepted()
    for page in (f"booking/{transfer.booking.pk}", f"ticket/{transfer.ticket_id}"):
        text = boss.get(f"/admin/bookings/{page}/change/").content.decode()
        assert "ravi@example.org" in text and "accepted" in text, page
    link = f"{TRANSFERS}{transfer.pk}/change/"
    assert (
        link in boss.get(f"/admin/bookings/booking/{transfer.booking.pk}/change/").content.decode()
    )


def test_the_list_needs_as_many_queries_for_many_transfers(boss) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            boss.get(TRANSFERS)
        return len(captured)

    offered()
    boss.get(TRANSFERS)
    few = queries()
    accepted()
    withdrawn()
    assert queries() == few <= 10


def test_staff_need_the_permission_to_see_tickets(client) -> None:
    transfer = offered()
    for permissions, status in ((["view_ticket"], 200), (["view_booking"], 403)):
        client.force_login(staff_with(*permissions))
        assert client.get(TRANSFERS).status_code == status
        assert client.get(f"{TRANSFERS}{transfer.pk}/change/").status_code == status
