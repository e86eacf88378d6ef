"""No operation ignores an unknown query parameter or field."""

import re

import pytest

from bookings.tests.factories import confirmed, held
from eventbooking_system.testing.contract import contract
from eventbooking_system.testing.problems import assert_problem
from users.tests.factories import StaffFactory

pytestmark = pytest.mark.django_db


def operations() -> list[tuple[str, str]]:
    return [
        (method.upper(), path)
        for path, methods in contract().paths.items()
        for method in methods
        if path.startswith("/api/") and path != "/api/schema/"
    ]


@pytest.fixture
def world():
    """Return a superuser's paid booking with its ticket, and all ids."""
    boss = StaffFactory()
    booking = confirmed("A1", customer=boss)
    screen = booking.show.screen
    ids = {
        "bookings": booking.pk, "events": booking.show.event_id, "venues": screen.venue_id,
        "venue_id": screen.venue_id, "screen_id": screen.pk, "shows": booking.show_id,
        "ticket_id": booking.tickets.get().pk,
    }  # fmt: skip
    return boss, booking, ids


def url_of(path: str, ids: dict[str, int]) -> str:
    kind = path.split("/")[2]
    return re.sub(r"\{(\w+)\}", lambda name: str(ids.get(name[1], ids.get(kind, 1))), path)


@pytest.fixture(autouse=True)
def _unthrottled(monkeypatch):
    monkeypatch.setattr("rest_framework.views.APIView.get_throttles", lambda self: [])


def test_every_operation_refuses_a_query_parameter_that_it_does_not_have(world, login):
    boss, booking, ids = world
    client = login(boss)
    for method, path in operations():
        response = client.generic(method, f"{url_of(path, ids)}?nonsense=1")
        assert response.status_code == 400, (method, path, response.content)
        assert "nonsense" in [error["field"] for error in response.json()["errors"]], (method, path)
    booking.refresh_from_db()
    assert (booking.status, booking.show.status) == ("confirmed", "scheduled")


def test_every_write_refuses_a_field_that_it_does_not_have(world, login):
    boss, booking, ids = world
    client = login(boss)
    for method, path in operations():
        # An upload is no JSON. Its own tests send it a field that it does not have.
        if method in ("GET", "DELETE") or "/webhooks/" in path or path.endswith("/poster/"):
            continue
        response = client.generic(
            method, url_of(path, ids), '{"nonsense": 1}', content_type="application/json"
        )
        if response.status_code == 404 and not path.startswith("/api/bookings/{"):
            continue
        assert response.status_code == 400, (method, path, response.content)
        if "/layout/" not in path:
            fields = [error["field"] for error in response.json()["errors"]]
            assert "nonsense" in fields, (method, path)
    booking.refresh_from_db()
    assert (booking.status, booking.show.status) == ("confirmed", "scheduled")


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("best-seats/?quantity=2&catgory=Gold", "catgory"),
        ("best-seats/?quantity=2&quantity=3", "quantity"),
        ("availability/?sinse=2026-11-01T00:00:00Z", "sinse"),
        ("seats/?since=2026-11-01T00:00:00Z", "since"),
        ("?expand=event", "expand"),
    ],
)
def test_reads_of_a_show_name_the_parameter_that_is_not_known(api, path, field):
    show = held().show
    assert_problem(api.get(f"/api/shows/{show.pk}/{path}"), 400, "invalid", field)


def test_all_of_a_booking_is_true_or_false(customer_api, customer):
    booking = held(customer=customer)
    url = f"/api/bookings/{booking.pk}/"
    assert_problem(customer_api.get(f"{url}?all=yes"), 400, "invalid", "all")
    assert customer_api.get(f"{url}?all=true").status_code == 200
