"""Check-in at the API, and undoing it."""

import uuid
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from bookings import checkout, services
from bookings.models import TicketScan
from bookings.selectors import payload_of
from bookings.tests.assertions import assert_nobody_in, is_in
from bookings.tests.factories import confirmed, show_soon, ticket_of
from bookings.tickets import signing
from eventbooking_system.testing.problems import assert_problem
from shows.models import Show
from users.tests.factories import StaffFactory, UserFactory, staff_with

pytestmark = pytest.mark.django_db
URL = "/api/bookings/check-in/"
BIG = 2**63
UNDO = f"{URL}undo/"


def test_check_in_admits_a_ticket_once(usher, ticket) -> None:
    answer = usher.post(URL, {"payload": payload_of(ticket), "show": ticket.show.pk})
    assert answer.status_code == 200
    body = answer.json()
    checked_in_at = body.pop("checked_in_at")
    assert body == {
        "ticket": ticket.pk, "seat": "A1", "section": "", "ticket_type": "",
        "customer_initials": "AR",
    }  # fmt: skip
    assert is_in(ticket)
    again = assert_problem(
        usher.post(URL, {"payload": payload_of(ticket)}), 409, "already_checked_in"
    )
    assert (again["checked_in_at"], again["ticket"]) == (checked_in_at, ticket.pk)
    assert list(TicketScan.objects.values_list("outcome", flat=True)) == [
        "admitted", "already_checked_in",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "typed", [str, str.lower, " {} ".format, lambda code: code.replace("-", "")]
)
def test_check_in_accepts_the_short_code(usher, ticket, typed) -> None:
    assert usher.post(URL, {"payload": typed(ticket.code)}).json()["ticket"] == ticket.pk
    assert is_in(ticket)


def test_repeated_scan_gets_its_first_answer(usher, ticket) -> None:
    body = {"payload": payload_of(ticket), "scan_id": str(uuid.uuid4())}
    first = usher.post(URL, body)
    assert (first.status_code, usher.post(URL, body).json()) == (200, first.json())
    assert TicketScan.objects.count() == 1
    late = {**body, "scan_id": str(uuid.uuid4())}
    for _ in range(2):
        assert_problem(usher.post(URL, late), 409, "already_checked_in")
    assert TicketScan.objects.count() == 2


def test_check_in_takes_few_queries(usher, ticket, django_assert_max_num_queries) -> None:
    with django_assert_max_num_queries(12):
        assert usher.post(URL, {"payload": payload_of(ticket)}).status_code == 200


def assert_not_valid(answer, reason: str) -> None:
    assert assert_problem(answer, 409, "ticket_not_valid")["reason"] == reason
    assert_nobody_in()
    assert list(TicketScan.objects.values_list("outcome", "reason")) == [
        ("ticket_not_valid", reason)
    ]


def test_check_in_refuses_forged_payloads_and_codes(usher, ticket) -> None:
    payload = payload_of(ticket)
    for index in (5, 20, -1, -50):
        changed = list(payload)
        changed[index] = chr(ord(changed[index]) ^ 1)
        assert_problem(usher.post(URL, {"payload": "".join(changed)}), 400, "invalid_ticket")
    assert_problem(usher.post(URL, {"payload": "222-222-222"}), 400, "invalid_ticket")
    assert not TicketScan.objects.exists()
    assert_nobody_in()


def test_check_in_refuses_a_signed_ticket_that_does_not_exist(usher, ticket) -> None:
    """A restored backup, or a key of another system, may cause this."""
    for changes in ({"ticket": 10**9}, {"show": 10**9}, {"seat": 10**9}):
        claims = {"ticket": ticket.pk, "show": ticket.show.pk, "seat": ticket.seat.pk}
        payload = signing.sign(signing.Claims(**{**claims, **changes}, start=1, version=1))
        assert_problem(usher.post(URL, {"payload": payload}), 400, "invalid_ticket")
    assert_nobody_in()


def test_check_in_refuses_a_ticket_for_another_show(usher, ticket) -> None:
    body = {"payload": payload_of(ticket), "show": show_soon().pk}
    assert_not_valid(usher.post(URL, body), "other_show")


def test_check_in_refuses_a_cancelled_booking_s_ticket(usher, ticket) -> None:
    booking = ticket.booking
    checkout.cancel(booking_id=booking.pk, cancelled_by=StaffFactory(), in_full=True)
    assert_not_valid(usher.post(URL, {"payload": payload_of(ticket)}), "cancelled")


def test_check_in_refuses_a_cancelled_show_s_ticket(usher, ticket) -> None:
    checkout.cancel_show(show_id=ticket.show.pk, cancelled_by=StaffFactory())
    assert_not_valid(usher.post(URL, {"payload": ticket.code}), "cancelled")


def test_check_in_refuses_a_ticket_that_was_issued_again(usher, ticket) -> None:
    new = services.reissue_ticket(ticket_id=ticket.pk)
    assert_not_valid(usher.post(URL, {"payload": payload_of(ticket)}), "reissued")
    assert_problem(usher.post(URL, {"payload": ticket.code}), 400, "invalid_ticket")
    assert usher.post(URL, {"payload": payload_of(new)}).status_code == 200


@pytest.mark.parametrize(
    ("starts_in", "lasts", "reason"), [(121, 90, "too_early"), (-91, 90, "too_late")]
)
def test_check_in_is_refused_outside_the_door_times(usher, starts_in, lasts, reason) -> None:
    ticket = ticket_of(confirmed("A1"))
    start = timezone.now() + timedelta(minutes=starts_in)
    Show.objects.update(start_time=start, end_time=start + timedelta(minutes=lasts))
    assert_not_valid(usher.post(URL, {"payload": payload_of(ticket)}), reason)


def test_doors_open_as_early_as_the_setting_says(usher, settings) -> None:
    settings.CHECK_IN_OPENS_MINUTES = 2 * 24 * 60
    ticket = ticket_of(confirmed("A1"))
    assert usher.post(URL, {"payload": payload_of(ticket)}).status_code == 200


# ---- Invalid input and permissions


BAD_PAYLOADS = [None, "", " ", 5, True, [], {}, "x" * 301, "a\0b"]


@pytest.mark.parametrize("url", [URL, UNDO])
def test_check_in_refuses_a_payload_that_is_not_text(boss_api, ticket, url: str) -> None:
    for payload in BAD_PAYLOADS:
        answer = boss_api.post(url, {"payload": payload})
        assert_problem(answer, 400, "invalid", "payload")
        assert_nobody_in()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"show": "7"}, "show"),
        ({"show": True}, "show"),
        ({"show": None}, "show"),
        ({"show": -1}, "show"),
        ({"show": BIG}, "show"),
        ({"scan_id": 5}, "scan_id"),
        ({"scan_id": "5"}, "scan_id"),
        ({"scan_id": None}, "scan_id"),
        ({"at": "2026-01-01T00:00:00Z"}, "at"),
    ],
)
def test_check_in_refuses_invalid_input_by_its_field(
    usher, ticket, change: dict, field: str
) -> None:
    answer = usher.post(URL, {"payload": payload_of(ticket), **change})
    assert_problem(answer, 400, "invalid", field)
    assert_nobody_in()


def test_check_in_is_for_staff_with_the_permission(login, api, ticket) -> None:
    body = {"payload": payload_of(ticket)}
    show = ticket.show.pk
    calls = [
        lambda client: client.post(URL, body),
        lambda client: client.post(UNDO, body),
        lambda client: client.get(f"/api/shows/{show}/check-in-bundle/"),
        lambda client: client.post(f"/api/shows/{show}/check-in/sync/", {"scans": []}),
    ]
    for call in calls:
        assert_problem(call(api), 401, "not_authenticated")
        for user in (UserFactory(), UserFactory(is_staff=True), ticket.booking.user):
            assert_problem(call(login(user)), 403, "permission_denied")
    assert_nobody_in()


def test_check_in_is_undone_with_permission(usher, login, ticket) -> None:
    usher.post(URL, {"payload": payload_of(ticket)})
    assert_problem(usher.post(UNDO, {"payload": ticket.code}), 403, "permission_denied")
    assert is_in(ticket)
    chief = staff_with("undo_check_in")
    answer = login(chief).post(UNDO, {"payload": ticket.code})
    assert (answer.status_code, answer.json()["checked_in_at"]) == (200, None)
    assert not is_in(ticket)
    assert TicketScan.objects.last().by == chief
    assert usher.post(URL, {"payload": payload_of(ticket)}).status_code == 200


def test_undo_is_refused_for_a_ticket_that_is_not_checked_in(login, ticket) -> None:
    answer = login(StaffFactory()).post(UNDO, {"payload": payload_of(ticket)})
    assert assert_problem(answer, 409, "ticket_not_valid")["reason"] == "not_checked_in"
    assert not TicketScan.objects.exists()


@pytest.mark.postgres
def test_scans_cannot_be_changed_or_deleted(usher, ticket) -> None:
    usher.post(URL, {"payload": ticket.code})
    for change in (lambda rows: rows.update(reason="x"), lambda rows: rows.delete()):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change(TicketScan.objects.all())
