import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings import services
from bookings.models import Ticket
from bookings.services import Shown
from bookings.tests.factories import confirmed, show_soon, ticket_of
from users.tests.factories import StaffFactory, staff_with

pytestmark = pytest.mark.django_db
TICKETS = "/admin/bookings/ticket/"


@pytest.fixture
def ticket() -> Ticket:
    return ticket_of(confirmed("A1", show=show_soon()))


def issue_again(client, ticket: Ticket):
    body = {"action": "issue_again", "_selected_action": [ticket.pk]}
    # As its page posts it.
    return client.post(f"{TICKETS}?when=all", body, follow=True)


def test_a_ticket_is_found_by_code_reference_and_email(boss, ticket) -> None:
    confirmed("A1")
    booking = ticket.booking
    for text in (ticket.code, booking.reference, booking.user.email):
        found = boss.get(TICKETS, {"q": text}).context["cl"].result_list
        assert list(found) == [ticket], text


def test_its_page_says_what_happened_at_the_door(boss, ticket) -> None:
    usher = StaffFactory(email="usher@example.org")
    services.check_in(shown=Shown(ticket.code), by=usher)
    page = boss.get(f"{TICKETS}{ticket.pk}/change/").content.decode()
    for text in ("checked in at", "admitted", "usher@example.org", ticket.booking.reference):
        assert text in page
    assert [row.pk for row in boss.get(TICKETS, {"in": "yes"}).context["cl"].result_list] == [
        ticket.pk
    ]
    assert not boss.get(TICKETS, {"in": "no"}).context["cl"].result_list


def test_the_list_needs_as_many_queries_for_many_tickets(boss) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            boss.get(TICKETS)
        return len(captured)

    confirmed("A1")
    boss.get(TICKETS)
    few = queries()
    confirmed("A1", "A2", "A3", "A4")
    assert queries() == few <= 10


def test_staff_issue_a_ticket_again_unless_it_was_used(boss, ticket) -> None:
    assert "Issue again" in boss.get(f"{TICKETS}{ticket.pk}/change/").content.decode()
    assert "the new code is" in issue_again(boss, ticket).content.decode()
    ticket.refresh_from_db()
    assert ticket.version == 2
    services.check_in(shown=Shown(ticket.code), by=StaffFactory())
    assert "Somebody came in with this ticket" in issue_again(boss, ticket).content.decode()
    ticket.refresh_from_db()
    assert ticket.version == 2


def test_tickets_are_read_only_in_the_admin(client, ticket) -> None:
    looker = staff_with("view_ticket")
    client.force_login(looker)
    assert client.get(f"{TICKETS}{ticket.pk}/change/").status_code == 200
    issue_again(client, ticket)
    client.post(f"{TICKETS}{ticket.pk}/change/", {"code": "222-222-222"})
    assert client.get(f"{TICKETS}add/").status_code == 403
    ticket.refresh_from_db()
    assert ticket.version == 1
