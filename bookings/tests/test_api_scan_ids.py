"""A scan_id makes one scan of one ticket safe to repeat."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from bookings.models import Ticket, TicketScan
from bookings.selectors import payload_of
from bookings.tests.factories import confirmed, show_soon
from eventbooking_system.testing.problems import assert_problem
from users.tests.factories import staff_with

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

URL = "/api/bookings/check-in/"


@pytest.fixture
def usher(login):
    return login(staff_with("check_in_ticket"))


def admitted() -> set[int]:
    return set(Ticket.objects.exclude(checked_in_at=None).values_list("pk", flat=True))


@pytest.fixture
def two_tickets() -> list[Ticket]:
    booking = confirmed("A1", "A2", show=show_soon())
    return list(booking.tickets.with_show_and_seat().order_by("pk"))


@pytest.mark.parametrize("shown_as", ["payload", "code"])
def test_a_scan_id_that_was_used_for_another_ticket_is_refused(
    usher, two_tickets, shown_as
) -> None:
    first, second = two_tickets
    scan_id = str(uuid.uuid4())
    texts = [payload_of(t) if shown_as == "payload" else t.code for t in two_tickets]
    assert usher.post(URL, {"payload": texts[0], "scan_id": scan_id}).json()["ticket"] == first.pk
    answer = usher.post(URL, {"payload": texts[1], "scan_id": scan_id})
    problem = assert_problem(answer, 409, "ticket_not_valid")
    assert (problem["reason"], problem["ticket"]) == ("scan_id_reused", second.pk)
    assert admitted() == {first.pk}
    assert TicketScan.objects.get().ticket == first
    again = usher.post(URL, {"payload": texts[0], "scan_id": scan_id})
    assert (again.status_code, again.json()["ticket"]) == (200, first.pk)


def test_a_scan_id_of_another_ticket_is_refused_in_a_batch(usher, two_tickets) -> None:
    first, second = two_tickets
    one, other = (
        {
            "scan_id": str(uuid.uuid4()),
            "payload": payload_of(ticket),
            "scanned_at": (timezone.now() - timedelta(minutes=1)).isoformat(),
        }
        for ticket in two_tickets
    )

    def sync(scan: dict) -> dict:
        url = f"/api/shows/{first.show.pk}/check-in/sync/"
        return usher.post(url, {"scans": [scan]}).json()["results"][0]

    assert sync(one)["outcome"] == "admitted"
    reused = {**other, "scan_id": one["scan_id"]}
    assert sync(reused) == {
        "scan_id": reused["scan_id"], "outcome": "ticket_not_valid", "reason": "scan_id_reused",
        "ticket": second.pk, "seat": str(second.seat), "checked_in_at": None,
    }  # fmt: skip
    assert admitted() == {first.pk}
