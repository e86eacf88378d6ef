"""Staff look at the hall of a show, and block seats."""

import pytest

from bookings.tests.factories import confirmed, held
from shows.models import ShowSeat
from shows.tests.browser.chromium import Page, seat
from shows.tests.factories import scheduled_show
from users.tests.factories import PASSWORD, StaffFactory
from venues.services import replace_layout
from venues.tests.factories import ScreenFactory

pytestmark = pytest.mark.django_db(transaction=True)


def opened(visit, show) -> Page:
    page = visit(f"/admin/login/?next=/admin/shows/show/{show.pk}/hall/")
    page.type("[name=username]", StaffFactory().email)
    page.type("[name=password]", PASSWORD)
    page.click("[type=submit]")
    page.wait("document.querySelectorAll('[role=checkbox].free').length > 0")
    return page


def middle(page: Page, label: str) -> tuple[float, float]:
    x, y = page.run(
        "(({x, y, width, height}) => [x + width / 2, y + height / 2])"
        f"(document.querySelector('{seat(label)}').getBoundingClientRect())"
    )
    return x, y


def blocked(show) -> dict[str, tuple[str, str]]:
    seats = ShowSeat.objects.filter(show=show, status="blocked").select_related("seat")
    return {str(one.seat): (one.block_reason, one.block_owner) for one in seats}


def test_staff_see_who_has_a_seat_and_block_others_by_mouse_and_keyboard(visit) -> None:
    show = scheduled_show()
    booking, pending = confirmed("A2", show=show), held("B1", show=show)
    page = opened(visit, show)
    page.wait(f"document.querySelector('{seat('A2')}').matches('.booked')")
    assert page.run(f"document.querySelector('{seat('B1')}').matches('.held')")
    (left, top), (right, bottom) = middle(page, "A1"), middle(page, "B3")
    page.drag((left - 15, top - 15), (right + 15, bottom + 15))
    page.wait("document.getElementById('chosen').innerText.startsWith('4 seats')")
    page.run(f"document.querySelector('{seat('A6')}').focus()")
    page.press(" ")
    page.wait("document.getElementById('chosen').innerText.startsWith('5 seats')")
    page.click(seat("A2"))
    facts = page.text("#sitter-facts")
    assert booking.reference in facts and pending.reference not in facts
    page.type("[name=reason]", "Director's guests")
    page.type("[name=owner]", "House")
    page.click("[value=block]")
    page.wait("document.querySelectorAll('[role=checkbox].blocked').length === 5")
    assert blocked(show) == dict.fromkeys(
        ["A1", "A3", "B2", "B3", "A6"], ("Director's guests", "House")
    )
    page.click(seat("A6"))
    page.click("[value=unblock]")
    page.wait("document.getElementById('live').innerText === '1 seat unblocked.'")
    assert "A6" not in blocked(show)


def test_a_seat_that_a_customer_was_quicker_to_book_is_named_and_none_is_blocked(visit) -> None:
    show = scheduled_show()
    page = opened(visit, show)
    page.click(seat("A1"))
    page.click(seat("A2"))
    booking = confirmed("A1", show=show)
    # Staff act before the page has refreshed its data.
    page.run(
        "fetch = ((ask) => (path, ...more) => path.includes('claims') ? new Promise(() => {}) : ask(path, ...more))(fetch)"
    )
    if page.run("document.getElementById('chosen').innerText.startsWith('2')"):
        page.click("[value=block]")
        page.wait("!document.getElementById('problem').hidden")
    assert blocked(show) == {} and booking.status == "confirmed"


def test_seats_are_drawn_before_their_owners_are_loaded(visit) -> None:
    show = scheduled_show()
    page = opened(visit, show)
    # No answer comes for the claims, as on a slow connection.
    page.send("Fetch.enable", patterns=[{"urlPattern": "*/hall/claims/"}])
    page.send("Page.navigate", url=page.run("location.href"))
    page.wait("document.querySelectorAll('[role=checkbox]').length === 12")
    fills = page.run(
        "[...document.querySelectorAll('[role=checkbox]')].map(e => e.getAttribute('fill'))"
    )
    assert set(fills) == {"url(#look-taken)"}
    label = page.run("document.querySelector('[role=checkbox]').getAttribute('aria-label')")
    assert label.endswith("loading")


def test_places_of_an_area_are_blocked_on_the_drawing(visit) -> None:
    screen = ScreenFactory()
    areas = [{"name": "Floor", "capacity": 9, "category": "Standing"}]
    rows = [{"row": "A", "seats": 4, "category": "Gold"}]
    replace_layout(screen_id=screen.pk, document={"rows": rows, "areas": areas})
    screen.refresh_from_db()
    show = scheduled_show(screen=screen)
    page = opened(visit, show)
    page.click(".area rect")
    page.type("[name=places]", "4")
    page.click("[value=block]")
    page.wait("document.getElementById('live').innerText === '4 seats blocked.'")
    assert len(ShowSeat.objects.filter(show=show, status="blocked")) == 4
    page.click(".area rect")
    page.wait("document.getElementById('live').innerText.includes('5 of 9 places free')")


def owners(show) -> dict[str, str]:
    booked = ShowSeat.objects.filter(show=show, status="booked").select_related("seat", "booking")
    return {str(one.seat): one.booking.reference for one in booked}


def test_staff_move_a_ticket_to_a_free_seat_and_swap_it_with_another(visit) -> None:
    show = scheduled_show()
    first, second = confirmed("A2", show=show), confirmed("B1", show=show)
    page = opened(visit, show)
    page.wait(f"document.querySelector('{seat('A2')}').matches('.booked')")
    page.click(seat("A2"))
    page.wait("document.getElementById('sitter').checkVisibility()")
    facts = page.text("#sitter-facts")
    assert first.reference in facts and "Asha Rao" in facts
    link = page.run("document.querySelector('#sitter-facts a').getAttribute('href')")
    assert link == f"/admin/bookings/booking/{first.pk}/change/"
    page.click("#reseat-begin")
    page.click(seat("A5"))
    page.wait("document.getElementById('reseat-text').innerText.includes('seat 2 → Row A, seat 5')")
    assert owners(show) == {"A2": first.reference, "B1": second.reference}
    page.click("#reseat-confirm")
    page.wait(f"document.querySelector('{seat('A5')}').matches('.booked')")
    assert owners(show) == {"A5": first.reference, "B1": second.reference}
    page.wait(f"document.querySelector('{seat('A2')}').matches('.free')")
    page.click(seat("A5"))
    page.click("#reseat-begin")
    page.click(seat("B1"))
    page.wait("document.getElementById('reseat-text').innerText.includes('Both tickets')")
    page.click("#reseat-confirm")
    page.wait("document.getElementById('live').innerText.includes('⇄')")
    assert owners(show) == {"A5": second.reference, "B1": first.reference}


def test_staff_leave_a_ticket_where_it_is(visit) -> None:
    show = scheduled_show()
    confirmed("A2", show=show)
    pending = held("B2", show=show)
    page = opened(visit, show)
    page.wait(f"document.querySelector('{seat('A2')}').matches('.booked')")
    page.click(seat("A2"))
    page.click("#reseat-begin")
    page.click(seat("B2"))
    page.wait("document.getElementById('reseat-text').innerText.includes('not paid yet')")
    assert page.run("document.getElementById('reseat-confirm').disabled")
    page.click("#reseat-end")
    assert not page.run("document.getElementById('sitter').checkVisibility()")
    assert pending.status == "pending" and set(owners(show)) == {"A2"}
    page.click(seat("A1"))
    page.wait("document.getElementById('chosen').innerText.startsWith('1 seat')")
