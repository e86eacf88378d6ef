"""The door at the API: online, offline and back again."""

import uuid
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from bookings import checkout, services
from bookings.models import Ticket, TicketScan
from bookings.selectors import payload_of
from bookings.tests.assertions import verified_by_hand
from bookings.tests.factories import confirmed, show_soon, ticket_of
from bookings.tickets import signing
from eventbooking_system.testing.problems import assert_problem
from shows.models import Show
from users.tests.factories import StaffFactory, UserFactory, staff_with

pytestmark = pytest.mark.django_db
URL = "/api/bookings/check-in/"
BIG = 2**63
UNDO = f"{URL}undo/"


@pytest.fixture
def ticket() -> Ticket:
    return ticket_of(confirmed("A1", "A2", show=show_soon()))


@pytest.fixture
def usher(login):
    user = staff_with("check_in_ticket")
    return login(user)


def is_in(ticket: Ticket) -> bool:
    return Ticket.objects.exclude(checked_in_at=None).filter(pk=ticket.pk).exists()


def assert_nobody_in() -> None:
    assert not Ticket.objects.exclude(checked_in_at=None).exists()
    assert not TicketScan.objects.filter(outcome="admitted").exists()


# ---- Coming in


def test_a_ticket_lets_one_person_in(usher, ticket) -> None:
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


@pytest.mark.parametrize("shape", ["{}", " {} ", "{:.3}{:.0}", "lower"])
def test_the_short_code_does_the_same(usher, ticket, shape: str) -> None:
    code = ticket.code.lower() if shape == "lower" else shape.format(ticket.code, "")
    code = ticket.code.replace("-", "") if ":" in shape else code
    assert usher.post(URL, {"payload": code}).json()["ticket"] == ticket.pk
    assert is_in(ticket)


def test_a_scan_that_is_sent_again_gets_its_first_answer(usher, ticket) -> None:
    body = {"payload": payload_of(ticket), "scan_id": str(uuid.uuid4())}
    first = usher.post(URL, body)
    assert (first.status_code, usher.post(URL, body).json()) == (200, first.json())
    assert TicketScan.objects.count() == 1
    late = {**body, "scan_id": str(uuid.uuid4())}
    for _ in range(2):
        assert_problem(usher.post(URL, late), 409, "already_checked_in")
    assert TicketScan.objects.count() == 2


def test_coming_in_takes_few_queries(usher, ticket, django_assert_max_num_queries) -> None:
    with django_assert_max_num_queries(12):
        assert usher.post(URL, {"payload": payload_of(ticket)}).status_code == 200


# ---- Being refused


def assert_not_valid(answer, reason: str) -> None:
    assert assert_problem(answer, 409, "ticket_not_valid")["reason"] == reason
    assert_nobody_in()
    assert list(TicketScan.objects.values_list("outcome", "reason")) == [
        ("ticket_not_valid", reason)
    ]


def test_a_flipped_bit_or_a_made_up_code_is_no_ticket(usher, ticket) -> None:
    payload = payload_of(ticket)
    for index in (5, 20, -1, -50):
        changed = list(payload)
        changed[index] = chr(ord(changed[index]) ^ 1)
        assert_problem(usher.post(URL, {"payload": "".join(changed)}), 400, "invalid_ticket")
    assert_problem(usher.post(URL, {"payload": "222-222-222"}), 400, "invalid_ticket")
    assert not TicketScan.objects.exists()
    assert_nobody_in()


def test_a_signed_ticket_that_does_not_exist_is_no_ticket(usher, ticket) -> None:
    """As after a restored backup, or with a key that is used for another system."""
    for changes in ({"ticket": 10**9}, {"show": 10**9}, {"seat": 10**9}):
        claims = {"ticket": ticket.pk, "show": ticket.show.pk, "seat": ticket.seat.pk}
        payload = signing.sign(signing.Claims(**{**claims, **changes}, start=1, version=1))
        assert_problem(usher.post(URL, {"payload": payload}), 400, "invalid_ticket")
    assert_nobody_in()


def test_another_show_s_ticket_is_refused(usher, ticket) -> None:
    body = {"payload": payload_of(ticket), "show": show_soon().pk}
    assert_not_valid(usher.post(URL, body), "other_show")


def test_a_cancelled_booking_s_ticket_is_refused(usher, ticket) -> None:
    booking = ticket.booking
    checkout.cancel(booking_id=booking.pk, cancelled_by=StaffFactory(), in_full=True)
    assert_not_valid(usher.post(URL, {"payload": payload_of(ticket)}), "cancelled")


def test_a_cancelled_show_s_ticket_is_refused(usher, ticket) -> None:
    checkout.cancel_show(show_id=ticket.show.pk, cancelled_by=StaffFactory())
    assert_not_valid(usher.post(URL, {"payload": ticket.code}), "cancelled")


def test_a_ticket_issued_again_makes_the_old_one_worthless(usher, ticket) -> None:
    new = services.reissue_ticket(ticket_id=ticket.pk)
    assert_not_valid(usher.post(URL, {"payload": payload_of(ticket)}), "reissued")
    assert_problem(usher.post(URL, {"payload": ticket.code}), 400, "invalid_ticket")
    assert usher.post(URL, {"payload": payload_of(new)}).status_code == 200


@pytest.mark.parametrize(
    ("starts_in", "lasts", "reason"), [(121, 90, "too_early"), (-91, 90, "too_late")]
)
def test_outside_the_door_times_nobody_comes_in(usher, starts_in, lasts, reason) -> None:
    ticket = ticket_of(confirmed("A1"))
    start = timezone.now() + timedelta(minutes=starts_in)
    Show.objects.update(start_time=start, end_time=start + timedelta(minutes=lasts))
    assert_not_valid(usher.post(URL, {"payload": payload_of(ticket)}), reason)


def test_the_doors_open_as_early_as_the_setting_says(usher, settings) -> None:
    settings.CHECK_IN_OPENS_MINUTES = 2 * 24 * 60
    ticket = ticket_of(confirmed("A1"))
    assert usher.post(URL, {"payload": payload_of(ticket)}).status_code == 200


# ---- Bad input, and who may


BAD_PAYLOADS = [None, "", " ", 5, True, [], {}, "x" * 301, "a\0b"]


@pytest.mark.parametrize("url", [URL, UNDO])
@pytest.mark.parametrize("payload", BAD_PAYLOADS)
def test_a_payload_is_a_text(login, ticket, url: str, payload: object) -> None:
    answer = login(StaffFactory()).post(url, {"payload": payload})
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
def test_bad_input_names_its_field(usher, ticket, change: dict, field: str) -> None:
    answer = usher.post(URL, {"payload": payload_of(ticket), **change})
    assert_problem(answer, 400, "invalid", field)
    assert_nobody_in()


def test_the_door_is_for_staff_with_the_permission(login, api, ticket) -> None:
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


# ---- Taking it back


def test_a_check_in_is_taken_back_with_permission(usher, login, ticket) -> None:
    usher.post(URL, {"payload": payload_of(ticket)})
    assert_problem(usher.post(UNDO, {"payload": ticket.code}), 403, "permission_denied")
    assert is_in(ticket)
    chief = staff_with("undo_check_in")
    answer = login(chief).post(UNDO, {"payload": ticket.code})
    assert (answer.status_code, answer.json()["checked_in_at"]) == (200, None)
    assert not is_in(ticket)
    assert TicketScan.objects.last().by == chief
    assert usher.post(URL, {"payload": payload_of(ticket)}).status_code == 200


def test_there_is_nothing_to_take_back_where_nobody_came_in(login, ticket) -> None:
    answer = login(StaffFactory()).post(UNDO, {"payload": payload_of(ticket)})
    assert assert_problem(answer, 409, "ticket_not_valid")["reason"] == "not_checked_in"
    assert not TicketScan.objects.exists()


# ---- Offline


def bundle_of(client, show: Show) -> dict:
    answer = client.get(f"/api/shows/{show.pk}/check-in-bundle/")
    assert answer.status_code == 200, answer.json()
    return answer.json()


def test_the_bundle_has_what_a_scanner_needs_offline(
    usher, ticket, django_assert_max_num_queries
) -> None:
    show = ticket.show
    lost, gone = ticket_of(confirmed("B1", show=show)), ticket_of(confirmed("B2", show=show))
    services.reissue_ticket(ticket_id=lost.pk)
    checkout.cancel(booking_id=gone.booking_id, cancelled_by=StaffFactory(), in_full=True)
    usher.post(URL, {"payload": payload_of(ticket)})
    with django_assert_max_num_queries(8):
        bundle = bundle_of(usher, show)
    assert (bundle["show"]["id"], bundle["show"]["title"]) == (show.pk, show.event.title)
    assert bundle["show"]["doors_close_at"] == bundle["show"]["end_time"]
    assert bundle["revoked"] == [
        {"ticket": lost.pk, "valid_version": 2}, {"ticket": gone.pk, "valid_version": None},
    ]  # fmt: skip
    assert [row["ticket"] for row in bundle["admitted"]] == [ticket.pk]
    assert bundle["seats"][str(ticket.seat.pk)] == "A1"
    assert verified_by_hand(payload_of(ticket), bundle["keys"])
    # Nothing personal.
    assert ticket.booking.user.email not in str(bundle)


def test_the_public_keys_are_public_and_cached(api) -> None:
    answer = api.get(f"{URL}keys/")
    (key,) = answer.json()["keys"]
    assert (key["kty"], key["crv"], key["alg"]) == ("OKP", "Ed25519", "EdDSA")
    assert len(key["x"]) == 43
    assert api.get(f"{URL}keys/", HTTP_IF_NONE_MATCH=answer["ETag"]).status_code == 304


def sync(client, show: Show, *scans: dict):
    return client.post(f"/api/shows/{show.pk}/check-in/sync/", {"scans": list(scans)})


def scan_of(text: str, minutes_ago: float = 1) -> dict:
    at = timezone.now() - timedelta(minutes=minutes_ago)
    return {"scan_id": str(uuid.uuid4()), "payload": text, "scanned_at": at.isoformat()}


def test_scans_made_offline_count_once_however_often_they_are_sent(usher, ticket) -> None:
    show = ticket.show
    other = ticket_of(confirmed("B1", show=show))
    scans = [
        scan_of(payload_of(ticket), minutes_ago=2),
        # The same ticket, shown before at another of the scanner's doors: the earliest is let in.
        scan_of(ticket.code, minutes_ago=5),
        scan_of(payload_of(other)),
        scan_of("T1.nonsense"),
        scan_of(payload_of(ticket_of(confirmed("A1", show=show_soon())))),
    ]
    first = sync(usher, show, *scans)
    assert first.status_code == 200
    results = first.json()["results"]
    assert [row["scan_id"] for row in results] == [scan["scan_id"] for scan in scans]
    assert [(row["outcome"], row["reason"]) for row in results] == [
        ("already_checked_in", ""), ("admitted", ""), ("admitted", ""), ("invalid_ticket", ""),
        ("ticket_not_valid", "other_show"),
    ]  # fmt: skip
    assert results[0]["checked_in_at"] == results[1]["checked_in_at"]
    ticket.refresh_from_db()
    assert ticket.checked_in_at.isoformat() == scans[1]["scanned_at"]
    noted = TicketScan.objects.count()
    assert noted == 4
    assert sync(usher, show, *reversed(scans)).json()["results"] == results[::-1]
    assert TicketScan.objects.count() == noted


def test_whom_another_door_let_in_is_a_conflict(usher, ticket) -> None:
    usher.post(URL, {"payload": payload_of(ticket)})
    (row,) = sync(usher, ticket.show, scan_of(payload_of(ticket), 10)).json()["results"]
    assert (row["outcome"], row["seat"]) == ("already_checked_in", "A1")
    services.reissue_ticket(ticket_id=Ticket.objects.exclude(pk=ticket.pk).get().pk)


def test_an_answer_that_got_lost_online_is_found_again_offline(usher, ticket) -> None:
    scan = scan_of(payload_of(ticket))
    body = {"payload": scan["payload"], "scan_id": scan["scan_id"]}
    assert usher.post(URL, body).status_code == 200
    (row,) = sync(usher, ticket.show, scan).json()["results"]
    assert row["outcome"] == "admitted"
    assert TicketScan.objects.count() == 1


def test_a_scanner_s_clock_may_be_wrong(usher, ticket) -> None:
    ahead, behind = scan_of(payload_of(ticket), -600), scan_of(ticket.code, 600)
    behind["scanned_at"] = "0001-01-01T00:00:00Z"
    results = sync(usher, ticket.show, ahead, behind).json()["results"]
    assert [row["outcome"] for row in results] == ["admitted", "ticket_not_valid"]
    ticket.refresh_from_db()
    assert ticket.checked_in_at <= timezone.now()


def test_a_batch_takes_few_queries_for_each_scan(usher, django_assert_max_num_queries) -> None:
    show = show_soon(rows={"A": 12})
    booking = confirmed(*(f"A{number}" for number in range(1, 11)), show=show)
    scans = [scan_of(ticket.code) for ticket in booking.tickets.all()]
    with django_assert_max_num_queries(11 + len(scans)):
        results = sync(usher, show, *scans).json()["results"]
    assert {row["outcome"] for row in results} == {"admitted"}


@pytest.mark.parametrize(
    ("scans", "field"),
    [
        (None, "scans"),
        ([], "scans"),
        ({}, "scans"),
        ("x", "scans"),
        ([None], "scans.0"),
        ([[]], "scans.0"),
        ([{}], "scans.0.scan_id"),
        ([{"scan_id": "x"}], "scans.0.scan_id"),
        ([{"scan_id": 7}], "scans.0.scan_id"),
        ([{"payload": None}], "scans.0.payload"),
        ([{"scanned_at": "2026-02-30T00:00:00Z"}], "scans.0.scanned_at"),
        ([{"scanned_at": 7}], "scans.0.scanned_at"),
        ([{"more": 7}], "scans.0.more"),
        ([{}] * 501, "scans"),
    ],
)
def test_bad_scans_name_their_place_and_nothing_is_written(usher, ticket, scans, field) -> None:
    answer = usher.post(f"/api/shows/{ticket.show.pk}/check-in/sync/", {"scans": scans})
    assert_problem(answer, 400, "invalid", field)
    assert_nobody_in()


def test_a_scan_id_comes_once_in_a_batch(usher, ticket) -> None:
    scan = scan_of(ticket.code)
    assert_problem(sync(usher, ticket.show, scan, scan), 400, "invalid", "scans")
    assert_nobody_in()


@pytest.mark.parametrize("pk", ["999999", "9" * 19, "9" * 30])
def test_the_door_of_no_show_is_not_found(usher, ticket, pk: str) -> None:
    assert_problem(usher.get(f"/api/shows/{pk}/check-in-bundle/"), 404, "not_found")
    answer = usher.post(f"/api/shows/{pk}/check-in/sync/", {"scans": [scan_of(ticket.code)]})
    assert_problem(answer, 404, "not_found")
    assert_nobody_in()


@pytest.mark.postgres
def test_the_log_of_the_door_is_append_only(usher, ticket) -> None:
    usher.post(URL, {"payload": ticket.code})
    for change in (lambda rows: rows.update(reason="x"), lambda rows: rows.delete()):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change(TicketScan.objects.all())
