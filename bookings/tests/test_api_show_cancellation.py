import pytest
from django.contrib.auth.models import Permission

from bookings.models import Booking, BookingTransition, Refund
from bookings.tests.factories import confirmed, held, statuses
from eventbooking_system.testing.problems import assert_problem
from shows.models import Show
from shows.tests.factories import scheduled_show
from users.tests.factories import StaffFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def show() -> Show:
    show = scheduled_show()
    held("A1", show=show)
    confirmed("A2", show=show)
    return show


def assert_unchanged(show: Show) -> None:
    show.refresh_from_db()
    assert show.status == "scheduled"
    assert set(Booking.objects.values_list("status", flat=True)) == {"pending", "confirmed"}
    assert not Refund.objects.exists()


def test_a_dry_run_says_what_would_happen_and_changes_nothing(show, login) -> None:
    answer = login(StaffFactory()).post(f"/api/shows/{show.pk}/cancel/?dry_run=true")
    assert answer.json() == {
        "show": show.pk, "status": "scheduled", "dry_run": True, "pending_bookings": 1,
        "confirmed_bookings": 1, "refund_total": "250.00", "currency": "INR",
    }  # fmt: skip
    assert_unchanged(show)


def test_cancelling_a_show_is_safe_to_repeat(show, login) -> None:
    chief = login(StaffFactory())
    for _ in range(2):
        answer = chief.post(f"/api/shows/{show.pk}/cancel/")
        assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert set(Booking.objects.values_list("status", flat=True)) == {"cancelled"}
    assert Refund.objects.get().status == "succeeded"
    assert statuses(show) == {"blocked"}
    customer = login(Booking.objects.first().user)
    body = {"show_id": show.pk, "seat_ids": [show.screen.seats.first().pk]}
    assert_problem(customer.post("/api/bookings/", body), 409, "show_not_on_sale")


def test_only_staff_who_may_change_shows_cancel_them(show, login, api) -> None:
    url = f"/api/shows/{show.pk}/cancel/"
    assert_problem(api.post(url), 401, "not_authenticated")
    usher = UserFactory(is_staff=True)
    for user in (UserFactory(), usher):
        assert_problem(login(user).post(url), 403, "permission_denied")
    assert_unchanged(show)
    usher.user_permissions.add(Permission.objects.get(codename="change_show"))
    assert login(usher).post(url).status_code == 200


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("99999/cancel/", 404, "not_found"),
        ("99999999999999999999/cancel/", 404, "not_found"),
        ("{}/cancel/?dry_run=perhaps", 400, "invalid"),
    ],
)
def test_bad_input_cancels_nothing(show, login, path: str, status: int, code: str) -> None:
    answer = login(StaffFactory()).post(f"/api/shows/{path.format(show.pk)}")
    assert_problem(answer, status, code)
    assert_unchanged(show)


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("?dryrun=true", {}), ("?dry_run=", {}), ("?dry_run=true&dry_run=false", {}),
        ("", {"nonsense": 1}), ("", {"dryrun": True}), ("", {"dry_run": "true"}), ("", []),
    ],
)  # fmt: skip
def test_invalid_cancellation_of_a_show_cancels_nothing(show, boss_api, query: str, body) -> None:
    assert_problem(boss_api.post(f"/api/shows/{show.pk}/cancel/{query}", body), 400, "invalid")
    assert_unchanged(show)


def test_a_dry_run_may_be_asked_for_in_the_body(show, boss_api) -> None:
    answer = boss_api.post(f"/api/shows/{show.pk}/cancel/", {"dry_run": True, "reason": "Flood"})
    assert (answer.status_code, answer.json()["dry_run"]) == (200, True)
    assert_unchanged(show)


def test_the_reason_of_a_cancelled_show_is_kept(show, boss_api) -> None:
    body = {"reason": "The projector is broken", "dry_run": False}
    assert boss_api.post(f"/api/shows/{show.pk}/cancel/", body).json()["status"] == "cancelled"
    reasons = BookingTransition.objects.filter(to_status="cancelled").values_list(
        "reason", flat=True
    )
    assert set(reasons) == {"The projector is broken"}
