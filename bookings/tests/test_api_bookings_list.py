"""The list of bookings, its filters, and whose bookings it has."""

import pytest
from django.contrib.auth.models import Permission

from bookings.models import Booking, Ticket
from bookings.tests.factories import confirmed, held, run_out
from eventbooking_system.testing.problems import assert_problem
from shows.tests.factories import scheduled_show
from users.tests.factories import StaffFactory, UserFactory, staff_with

pytestmark = pytest.mark.django_db


URL = "/api/bookings/"


def test_another_customer_s_booking_is_answered_like_a_missing_one(customer_api) -> None:
    theirs = held()
    other, missing = f"{URL}{theirs.pk}/", f"{URL}{theirs.pk + 1000}/"
    before = Booking.objects.values().get()
    for path in ("", "payments/", "calendar.ics"):
        answers = [customer_api.get(url + path) for url in (other, missing)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content
    for path in ("cancel/", "payments/"):
        answers = [customer_api.post(url + path, {}) for url in (other, missing)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content
    assert Booking.objects.values().get() == before


@pytest.mark.sqlite
def test_booking_list_has_the_customer_s_bookings_newest_first(
    customer_api, customer, django_assert_num_queries
) -> None:
    show = scheduled_show()
    mine = [held(label, show=show, customer=customer) for label in ("A1", "A2", "A3")]
    held("A4", show=show)
    # The queries read the login, the bookings and their lines.
    with django_assert_num_queries(3):
        body = customer_api.get(URL).json()
    assert [row["id"] for row in body["results"]] == [booking.pk for booking in mine[::-1]]
    assert body["count"] == 3


@pytest.mark.sqlite
def test_booking_list_continues_before_any_booking(customer_api, customer) -> None:
    show = scheduled_show()
    first, second, third = (held(seat, show=show, customer=customer) for seat in ("A1", "A2", "A3"))
    before = customer_api.get(URL, {"before": third.pk, "page_size": 1}).json()
    assert [row["id"] for row in before["results"]] == [second.pk]
    assert before["count"] == 2
    assert customer_api.get(URL, {"before": first.pk}).json()["results"] == []


@pytest.mark.sqlite
def test_each_filter_of_the_booking_list_finds_its_bookings(customer_api, customer) -> None:
    pending, paid = held(customer=customer), confirmed(customer=customer)
    over = held(customer=customer)
    run_out(over)

    def ids(query: str) -> list[int]:
        answer = customer_api.get(f"{URL}?{query}")
        assert answer.status_code == 200, answer.content
        return [row["id"] for row in answer.json()["results"]]

    assert ids("status=pending") == [pending.pk]
    assert ids("status=expired") == [over.pk]
    assert ids(f"show={paid.show_id}") == [paid.pk]
    assert len(ids("upcoming=true")) == 3
    assert ids("upcoming=false") == []
    assert ids("ordering=booked_at")[0] == pending.pk


@pytest.mark.parametrize(
    "query",
    ["status=paid", "show=x", "upcoming=1", "page=0", "page_size=101", "nope=1", "show=%00"],
)
def test_booking_list_refuses_invalid_filters(customer_api, query: str) -> None:
    answer = customer_api.get(f"{URL}?{query}")
    assert_problem(answer, 400, "invalid", query.split("=", maxsplit=1)[0])


@pytest.mark.sqlite
def test_overdue_booking_reads_as_expired_before_it_is_tidied(customer_api, customer) -> None:
    booking = held(customer=customer)
    run_out(booking)
    assert customer_api.get(f"{URL}{booking.pk}/").json()["status"] == "expired"


def test_staff_with_permission_list_all_bookings_on_request(login) -> None:
    first, second = held(), held()
    chief = login(StaffFactory())
    assert chief.get(URL).json()["count"] == 0
    assert chief.get(f"{URL}?all=true").json()["count"] == 2
    only = chief.get(f"{URL}?all=true&user={first.user_id}").json()["results"]
    assert [row["id"] for row in only] == [first.pk]
    assert chief.get(f"{URL}{second.pk}/?all=true").status_code == 200

    usher = UserFactory(is_staff=True)
    assert login(usher).get(f"{URL}?all=true").json()["count"] == 0
    usher.user_permissions.add(Permission.objects.get(codename="view_booking"))
    assert login(usher).get(f"{URL}?all=true").json()["count"] == 2
    assert login(UserFactory()).get(f"{URL}?all=true").json()["count"] == 0


@pytest.mark.parametrize(
    ("path", "permission"),
    [
        ("cancel/", "change_booking"), ("exchange/", "change_booking"),
        ("payments/", "change_booking"), ("tickets/{}/reissue/", "change_ticket"),
    ],
)  # fmt: skip
def test_staff_who_may_see_a_booking_need_another_permission_to_change_it(
    login, path, permission
) -> None:
    booking = held() if path == "payments/" else confirmed()
    ticket = booking.tickets.first()
    url = f"{URL}{booking.pk}/{path.format(ticket and ticket.pk)}?all=true"
    body = (
        {"show_id": booking.show_id, "quantity": booking.tickets.count()}
        if path == "exchange/"
        else {}
    )
    usher = staff_with("view_booking")
    assert_problem(login(usher).post(url, body), 404, "not_found")
    booking.refresh_from_db()
    assert booking.status == ("pending" if path == "payments/" else "confirmed")
    assert not Ticket.objects.filter(version__gt=1).exists()
    usher.user_permissions.add(Permission.objects.get(codename=permission))
    assert login(usher).post(url, body).status_code in (200, 201)


@pytest.mark.parametrize(
    ("path", "permission"),
    [
        ("payments/", "view_payment"),
        ("tickets/", "view_ticket"),
        ("tickets.pdf", "view_ticket"),
        ("tickets/{}/qr.svg", "view_ticket"),
    ],
)
def test_staff_who_may_see_a_booking_need_another_permission_to_see_its_money_and_tickets(
    login, path, permission
) -> None:
    booking = confirmed()
    url = f"{URL}{booking.pk}/{path.format(booking.tickets.first().pk)}?all=true"
    usher = staff_with("view_booking")
    assert_problem(login(usher).get(url), 404, "not_found")
    usher.user_permissions.add(Permission.objects.get(codename=permission))
    assert login(usher).get(url).status_code == 200
