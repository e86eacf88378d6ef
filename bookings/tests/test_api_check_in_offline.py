"""The data for offline scanners, and the upload of their scans."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from bookings import checkout, services
from bookings.models import Ticket, TicketScan
from bookings.selectors import payload_of
from bookings.tests.assertions import assert_nobody_in, verified_by_hand
from bookings.tests.factories import confirmed, show_soon, ticket_of
from eventbooking_system.testing.problems import assert_problem
from shows.models import Show
from users.tests.factories import StaffFactory

pytestmark = pytest.mark.django_db
URL = "/api/bookings/check-in/"
BIG = 2**63
UNDO = f"{URL}undo/"


def bundle_of(client, show: Show) -> dict:
    answer = client.get(f"/api/shows/{show.pk}/check-in-bundle/")
    assert answer.status_code == 200, answer.json()
    return answer.json()


def test_bundle_has_the_data_for_offline_check_in(
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


def test_ticket_keys_are_public_and_cached(api) -> None:
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


def test_offline_scans_count_once_if_sent_repeatedly(usher, ticket) -> None:
    show = ticket.show
    other = ticket_of(confirmed("B1", show=show))
    scans = [
        scan_of(payload_of(ticket), minutes_ago=2),
        # The same ticket was scanned earlier at another door, so this scan admits its holder.
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


def test_offline_scan_of_an_admitted_ticket_is_a_conflict(usher, ticket) -> None:
    usher.post(URL, {"payload": payload_of(ticket)})
    (row,) = sync(usher, ticket.show, scan_of(payload_of(ticket), 10)).json()["results"]
    assert (row["outcome"], row["seat"]) == ("already_checked_in", "A1")
    services.reissue_ticket(ticket_id=Ticket.objects.exclude(pk=ticket.pk).get().pk)


def test_lost_online_answer_is_returned_to_the_offline_upload(usher, ticket) -> None:
    scan = scan_of(payload_of(ticket))
    body = {"payload": scan["payload"], "scan_id": scan["scan_id"]}
    assert usher.post(URL, body).status_code == 200
    (row,) = sync(usher, ticket.show, scan).json()["results"]
    assert row["outcome"] == "admitted"
    assert TicketScan.objects.count() == 1


def test_offline_scan_from_the_future_counts_as_now(usher, ticket) -> None:
    ahead, behind = scan_of(payload_of(ticket), -600), scan_of(ticket.code, 600)
    behind["scanned_at"] = "0001-01-01T00:00:00Z"
    results = sync(usher, ticket.show, ahead, behind).json()["results"]
    assert [row["outcome"] for row in results] == ["admitted", "ticket_not_valid"]
    ticket.refresh_from_db()
    assert ticket.checked_in_at <= timezone.now()


def test_upload_of_scans_takes_few_queries_for_each_scan(
    usher, django_assert_max_num_queries
) -> None:
    show = show_soon(rows={"A": 12})
    booking = confirmed(*(f"A{number}" for number in range(1, 11)), show=show)
    scans = [scan_of(ticket.code) for ticket in booking.tickets.all()]
    with django_assert_max_num_queries(12 + len(scans)):
        results = sync(usher, show, *scans).json()["results"]
    assert {row["outcome"] for row in results} == {"admitted"}


BAD_SCANS = [
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
]


def test_invalid_scans_are_refused_by_place_and_not_written(usher, ticket) -> None:
    for scans, field in BAD_SCANS:
        answer = usher.post(f"/api/shows/{ticket.show.pk}/check-in/sync/", {"scans": scans})
        assert_problem(answer, 400, "invalid", field)
        assert_nobody_in()


def test_upload_refuses_a_repeated_scan_id(usher, ticket) -> None:
    scan = scan_of(ticket.code)
    assert_problem(sync(usher, ticket.show, scan, scan), 400, "invalid", "scans")
    assert_nobody_in()


@pytest.mark.parametrize("pk", ["999999", "9" * 19, "9" * 30])
def test_check_in_data_of_an_unknown_show_is_not_found(usher, ticket, pk: str) -> None:
    assert_problem(usher.get(f"/api/shows/{pk}/check-in-bundle/"), 404, "not_found")
    answer = usher.post(f"/api/shows/{pk}/check-in/sync/", {"scans": [scan_of(ticket.code)]})
    assert_problem(answer, 404, "not_found")
    assert_nobody_in()
