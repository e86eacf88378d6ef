"""The hall at the admin site: what staff are told of seats. Its script is tried in `browser/`."""

import re
from datetime import timedelta

import pytest

from bookings.tests.factories import confirmed, held, run_out
from shows.services import block_seats
from shows.tests.factories import scheduled_show, seat_ids
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def url(show, name: str = "") -> str:
    return f"/admin/shows/show/{show.pk}/hall/{name}"


def test_staff_are_told_of_each_seat_that_is_not_free(boss):
    show = scheduled_show()
    booked, pending = confirmed("A1", show=show), held("A2", show=show)
    over = held("A3", show=show)
    run_out(over)
    block_seats(
        show_id=show.pk, block=seat_ids(show, "B1"), reason="Guests", owner="House",
        release_minutes=30,
    )  # fmt: skip
    answer = boss.get(url(show, "claims/"))
    ids = map(str, seat_ids(show, "A1", "A2", "B1"))
    nothing = {"reason": "", "owner": "", "released_at": None}
    release = (show.start_time - timedelta(minutes=30)).isoformat(timespec="milliseconds")
    claims = answer.json()
    sitter = claims[str(seat_ids(show, "A1")[0])].pop("sitter")
    assert sitter == {
        "ticket": booked.tickets.get().pk, "booking": booked.pk, "reference": booked.reference,
        "name": "Asha Rao", "ticket_type": "", "price": "250.00", "checked_in": False,
    }  # fmt: skip
    assert claims.pop(next(ids)) == {"status": "booked", "booking": booked.reference, **nothing}
    assert claims.pop(next(ids)) == {"status": "held", "booking": pending.reference, **nothing}
    assert claims.pop(next(ids)) == {
        "status": "blocked", "booking": None, "reason": "Guests", "owner": "House",
        "released_at": release.replace("+00:00", "Z"),
    }  # fmt: skip
    assert claims == {}


def test_the_page_of_a_show_leads_to_its_hall(boss):
    show = scheduled_show()
    assert (
        f'href="{url(show)}"' in boss.get(f"/admin/shows/show/{show.pk}/change/").content.decode()
    )


def test_the_page_runs_nothing_inline(boss):
    answer = boss.get(url(scheduled_show()))
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self';" in policy and "style-src 'self';" in policy
    page = answer.content.decode()
    assert "unsafe" not in policy and "form-action 'self'" in policy
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page)
    assert not "".join(re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL)).strip()


@pytest.mark.sqlite
def test_staff_who_may_not_see_bookings_see_no_references(staff):
    show = scheduled_show()
    booking = confirmed("A1", show=show)
    pages = [url(show, "claims/"), f"/admin/shows/showseat/?show={show.pk}"]
    seat = booking.booked_seats.get().show_seat_id
    pages.append(f"/admin/shows/showseat/{seat}/change/")
    for permissions, shown in ((["view_booking"], True), ([], False)):
        client = staff("view_show", "view_showseat", *permissions)
        for page in pages:
            assert (booking.reference in client.get(page).content.decode()) is shown, page
    claim = staff("view_show").get(url(show, "claims/")).json()
    assert [row["booking"] for row in claim.values()] == [None]
    found = staff("view_showseat").get(f"/admin/shows/showseat/?q={booking.reference}")
    assert "0 seats" in found.content.decode() or "0 show seats" in found.content.decode()


def test_only_who_may_change_shows_is_offered_to_block(staff):
    show = scheduled_show()
    assert 'id="block"' in staff("view_show", "change_show").get(url(show)).content.decode()
    client = staff("view_show")
    assert 'id="block"' not in client.get(url(show)).content.decode()
    assert client.get(url(show, "claims/")).status_code == 200


@pytest.mark.parametrize("name", ["", "claims/"])
def test_hall_is_hidden_without_permission_to_view_shows(client, staff, name):
    show = scheduled_show()
    assert client.get(url(show, name)).status_code == 302
    client.force_login(UserFactory())
    assert client.get(url(show, name)).status_code == 302
    assert staff("view_event").get(url(show, name)).status_code == 403


@pytest.mark.parametrize("name", ["", "claims/"])
@pytest.mark.parametrize("show_id", ["0", "999999999999999999"])
def test_hall_of_a_show_that_does_not_exist_is_answered_404(boss, show_id, name):
    assert boss.get(f"/admin/shows/show/{show_id}/hall/{name}").status_code == 404


@pytest.mark.parametrize("name", ["", "claims/"])
@pytest.mark.parametrize("show_id", ["9" * 19, "x", "-1"])
def test_hall_of_an_invalid_id_leads_back_to_the_index(boss, show_id, name):
    path = f"/admin/shows/show/{show_id}/hall/{name}"
    answer = boss.get(path, follow=True)
    assert answer.redirect_chain == [(f"{path}change/", 302), ("/admin/", 302)]


def test_the_claims_take_two_queries_in_every_hall(boss, django_assert_max_num_queries):
    for count in (2, 5):
        show = scheduled_show()
        confirmed(*(f"A{number}" for number in range(1, count + 1)), show=show)
        with django_assert_max_num_queries(5):
            assert len(boss.get(url(show, "claims/")).json()) == count


def test_staff_without_the_right_to_see_bookings_see_nobody(staff):
    show = scheduled_show()
    confirmed("A1", show=show)
    client = staff("view_show", "change_ticket")
    [claim] = client.get(url(show, "claims/")).json().values()
    assert claim["booking"] is None and "sitter" not in claim


def test_only_staff_who_may_change_tickets_are_offered_other_seats(staff):
    show = scheduled_show()
    assert "reseat-begin" not in staff("view_show", "view_booking").get(url(show)).content.decode()
    page = staff("view_show", "view_booking", "change_ticket").get(url(show)).content.decode()
    assert "reseat-begin" in page and "csrfmiddlewaretoken" in page
