"""Shows long over: deleted rows, kept rows, and their use."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from bookings import checkout
from bookings.models import Booking
from bookings.tasks import JOBS
from bookings.tests.factories import confirmed, held, run_out
from bookings.tests.soundness import broken
from eventbooking_system.errors import InUse
from shows import archiving
from shows.archiving import archive_show, archive_shows
from shows.models import Show, ShowSeat
from shows.services import block_seats, change_show
from shows.tests.factories import scheduled_show, seat_ids
from users.tests.factories import StaffFactory

pytestmark = pytest.mark.django_db


def end(show: Show, *, days_ago: float) -> None:
    """Let a show's end be so long ago."""
    ended = timezone.now() - timedelta(days=days_ago)
    Show.objects.filter(pk=show.pk).update(
        start_time=ended - timedelta(hours=2), end_time=ended, occupied_until=ended
    )
    show.refresh_from_db()


@pytest.fixture
def paid() -> Booking:
    """
    Make a show of 12 seats, and return a paid booking.

    The show ended long ago. 2 seats are sold, 1 is expired, 1 cancelled, 1 blocked, and 7 unsold.
    """
    booking = confirmed("A1", "A2")
    show = booking.show
    run_out(held("A3", show=show))
    given_back = confirmed("A4", show=show)
    checkout.cancel(booking_id=given_back.pk, cancelled_by=StaffFactory(), in_full=True)
    block_seats(show_id=show.pk, block=seat_ids(show, "B6"), reason="Press")
    checkout.expire()
    end(show, days_ago=91)
    booking.show = show
    return booking


def stock(show: Show) -> set[str]:
    """List a show's stock by row and number."""
    rows = ShowSeat.objects.filter(show=show).select_related("seat")
    return {f"{row.seat.row}{row.seat.number}" for row in rows}


def test_stock_that_nobody_booked_goes_and_the_rest_stays(paid):
    assert archive_shows() == 1
    assert stock(paid.show) == {"A1", "A2", "A3", "A4"}
    paid.show.refresh_from_db()
    assert paid.show.final_counts == {
        "available": 9,
        "total": 12,
        "categories": {"Gold": {"available": 9, "booked": 2, "blocked": 1}},
    }
    assert list(broken()) == []


def test_shows_that_are_on_or_ended_lately_keep_all(paid):
    upcoming, lately = scheduled_show(), scheduled_show()
    end(lately, days_ago=89)
    archive_shows()
    assert len(stock(upcoming)) == len(stock(lately)) == 12


def test_zero_days_is_never(paid, settings):
    settings.ARCHIVE_SHOWS_AFTER_DAYS = 0
    assert archive_shows() == 0
    assert len(stock(paid.show)) == 12


def test_archiving_again_changes_nothing(paid):
    archive_shows()
    counts = Show.objects.get(pk=paid.show_id).final_counts
    assert archive_shows() == 0
    assert not archive_show(show_id=paid.show_id)
    assert Show.objects.get(pk=paid.show_id).final_counts == counts


def test_interrupted_archiving_continues_with_the_next_call(paid, monkeypatch):
    second = scheduled_show()
    end(second, days_ago=200)
    archived = []

    def once(*, show_id: int) -> bool:
        if archived:
            raise KeyboardInterrupt
        archived.append(show_id)
        return archive_show(show_id=show_id)

    with monkeypatch.context() as patched:
        patched.setattr(archiving, "archive_show", once)
        with pytest.raises(KeyboardInterrupt):
            archive_shows()
    assert Show.objects.filter(final_counts__isnull=True).count() == 1
    assert archive_shows() == 1
    assert Show.objects.filter(final_counts__isnull=True).count() == 0


def test_large_halls_go_in_batches(paid, monkeypatch):
    monkeypatch.setattr(archiving, "BATCH", 3)
    archive_shows()
    assert len(stock(paid.show)) == 4


def test_the_customer_sees_the_booking_and_its_tickets_as_before(paid, login):
    def seen() -> list[object]:
        customer = login(paid.user)
        paths = ("", "tickets/", "payments/")
        answers = [customer.get(f"/api/bookings/{paid.pk}/{path}") for path in paths]
        assert {answer.status_code for answer in answers} == {200}
        return [answer.json() for answer in answers]

    before = seen()
    archive_shows()
    assert seen() == before


def test_the_show_keeps_its_counts(paid, api):
    before = api.get(f"/api/shows/{paid.show_id}/").json()
    archive_shows()
    after = api.get(f"/api/shows/{paid.show_id}/").json()
    assert (after["total_seats"], after["available_seats"]) == (12, 9)
    assert after == before


def test_the_show_is_found_by_its_counts(paid, api):
    def found(value: str) -> list[int]:
        query = {"include_past": "true", "available": value}
        return [row["id"] for row in api.get("/api/shows/", query).json()["results"]]

    archive_shows()
    assert paid.show_id in found("true")
    assert paid.show_id not in found("false")
    counts = {"available": 0, "total": 12, "categories": {}}
    Show.objects.filter(pk=paid.show_id).update(final_counts=counts)
    assert paid.show_id not in found("true")
    assert paid.show_id in found("false")


def test_its_seat_map_and_availability_tell_of_the_seats_that_are_kept(paid, api):
    archive_shows()
    seats = api.get(f"/api/shows/{paid.show_id}/seats/").json()["seats"]
    assert [(seat["row"], seat["number"], seat["status"]) for seat in seats] == [
        ("A", "1", "booked"),
        ("A", "2", "booked"),
        ("A", "3", "available"),
        ("A", "4", "available"),
    ]
    answer = api.get(f"/api/shows/{paid.show_id}/availability/").json()
    assert answer["unavailable_seat_ids"] == seat_ids(paid.show, "A1", "A2")


def test_archived_show_cannot_be_booked(paid, login):
    archive_shows()
    body = {"show_id": paid.show_id, "seat_ids": seat_ids(paid.show, "A3")}
    answer = login(paid.user).post("/api/bookings/", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "show_not_on_sale")


def test_staff_can_give_money_back_after(paid):
    archive_shows()
    checkout.cancel(booking_id=paid.pk, cancelled_by=StaffFactory(), in_full=True)
    paid.refresh_from_db()
    assert paid.status == "cancelled"
    refund = paid.refunds.get()
    assert (refund.amount, refund.status) == (paid.total, "succeeded")
    assert list(broken()) == []


def test_staff_cannot_change_it(paid):
    archive_shows()
    with pytest.raises(InUse):
        change_show(show_id=paid.show_id, start_time=timezone.now() + timedelta(days=3))
    assert Show.objects.get(pk=paid.show_id).start_time == paid.show.start_time


def test_staff_see_how_full_it_was(paid, client):
    client.force_login(StaffFactory(is_superuser=True))
    archive_shows()
    page = client.get(f"/admin/shows/show/{paid.show_id}/change/").content.decode()
    cells = page.partition("All seats")[2].partition("</tr>")[0]
    numbers = [part.rpartition(">")[2] for part in cells.replace("</a>", "").split("</td>")[:-1]]
    assert numbers == ["9", "0", "2", "1", "12"]
    listed = client.get("/admin/shows/show/?when=all").content.decode()
    assert "2 / 12" in listed


def test_the_command_says_what_it_did(paid):
    def said(*arguments: str) -> str:
        output = StringIO()
        call_command("archive_shows", *arguments, stdout=output)
        return output.getvalue().strip()

    assert said("--dry-run") == "1 shows would be archived."
    assert said("--days=100") == "0 shows archived."
    assert said() == "1 shows archived."
    with pytest.raises(CommandError):
        call_command("archive_shows", "--days=0")


def test_the_worker_does_it_daily(paid):
    assert JOBS["archive_shows"].every == timedelta(days=1)
    JOBS["archive_shows"].run(None)
    assert len(stock(paid.show)) == 4
