"""A mailed link's session reaches only exchanges of its booking."""

import pytest

from bookings.services.links import link_to
from bookings.tests.factories import confirmed, held
from shows.tests.factories import scheduled_show, seat_ids

pytestmark = pytest.mark.django_db


def test_the_link_of_a_booking_pays_for_its_exchange(api) -> None:
    booking = confirmed("A1")
    other = scheduled_show(event=booking.show.event, price="300.00")
    reference, token = booking.reference, link_to(booking).partition("#")[2]
    body = {"reference": reference, "token": token}
    access = api.post("/api/bookings/open/", body).json()["access"]
    headers = {"Authorization": f"Bearer {access}"}
    wanted = {"show_id": other.pk, "seat_ids": seat_ids(other, "A1")}
    answer = api.post(f"/api/bookings/{booking.pk}/exchange/", wanted, headers=headers)
    assert answer.status_code == 201
    new = answer.json()["id"]
    assert api.get(f"/api/bookings/{new}/", headers=headers).json()["amount_due"] == "50.00"
    assert api.post(f"/api/bookings/{new}/payments/", {}, headers=headers).status_code == 201
    assert len(api.get(f"/api/bookings/{new}/tickets/", headers=headers).json()) == 1
    strange = held("A2", customer=booking.user)
    for path in ("", "tickets/", "payments/"):
        response = api.get(f"/api/bookings/{strange.pk}/{path}", headers=headers)
        assert response.status_code == 404
