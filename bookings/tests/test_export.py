import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.tests.factories import confirmed, held

pytestmark = pytest.mark.django_db


def test_the_export_of_a_person_has_their_bookings_and_nobody_else_s(login) -> None:
    booking = confirmed()
    held()
    body = login(booking.user).get("/api/users/me/export/").json()
    exported = body["bookings"]
    assert [row["reference"] for row in exported] == [booking.reference]
    assert exported[0]["payments"][0]["status"] == "succeeded"
    assert exported[0]["tickets"][0]["code"] == booking.tickets.first().code
    assert exported[0]["scans"] == []
    assert exported[0]["transitions"][0]["to_status"] == "confirmed"


def test_an_export_of_many_bookings_takes_as_many_queries_as_one(
    login, django_assert_max_num_queries
) -> None:
    user = confirmed().user
    client = login(user)
    client.get("/api/users/me/")
    with CaptureQueriesContext(connection) as one:
        client.get("/api/users/me/export/")
    for _ in range(3):
        confirmed(customer=user)
    with django_assert_max_num_queries(len(one)):
        body = client.get("/api/users/me/export/").json()
    assert len(body["bookings"]) == 4
