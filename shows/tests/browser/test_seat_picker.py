"""The seat picker: choosing, holding and paying."""

from decimal import Decimal
from urllib.parse import unquote

import pytest

from bookings.models import Booking, PromoCode
from bookings.selectors import payload_of
from bookings.tests.factories import confirmed, held
from bookings.tickets.qr import qr_svg
from shows.tests.browser.chromium import seat
from shows.tests.browser.picker import TYPES, hold, is_seen, log_in, opened
from shows.tests.factories import scheduled_show, seat_ids
from users.tests.factories import UserFactory
from venues.models import Seat
from venues.tests.factories import hall

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_customer_chooses_holds_pays_and_is_given_the_tickets(visit) -> None:
    show = scheduled_show(prices=TYPES, fee_per_ticket=Decimal(10))
    PromoCode.objects.create(code="TENOFF", percent=Decimal(10))
    page = opened(visit, show)
    page.click(seat("A2"))
    page.click(seat("A3"))
    page.wait("document.querySelectorAll('#selection li').length === 2")
    page.click("#selection select")
    page.press("ArrowDown")
    page.press("Enter")
    page.wait("document.getElementById('quote').innerText.includes('20.00')")  # Before any login.
    assert "420.00" in page.text("#sum")
    page.type("[name=promo_code]", "tenoff")
    page.click("#hold")
    log_in(page)
    page.wait(is_seen("#pay"))
    assert all(text in page.text("#pay") for text in ("Child", "Adult", "40.00", "380.00"))
    page.click("#pay .main")
    page.wait("document.querySelectorAll('#tickets img').length === 2")
    page.wait("[...document.images].every(image => image.naturalWidth > 0)")
    booking = Booking.objects.get()
    assert (booking.status, booking.total) == ("confirmed", Decimal(380))
    images = page.run("[...document.querySelectorAll('#tickets img')].map(image => image.src)")
    tickets = booking.tickets.with_show_and_seat().order_by("pk")
    codes = [qr_svg(payload_of(ticket)).decode() for ticket in tickets]
    assert [unquote(source.partition(",")[2]) for source in images] == codes
    assert all(ticket.code in page.text("#tickets") for ticket in tickets)


def test_the_loser_of_a_seat_sees_which_is_gone_and_books_another(visit) -> None:
    show = scheduled_show()
    quick, slow = opened(visit, show), opened(visit, show)
    slow.click(seat("A1"))
    hold(quick, "A1")
    quick.wait(is_seen("#pay"))
    # The page may have told him already; if not, the refusal does.
    if slow.run("!document.getElementById('hold').disabled"):
        slow.click("#hold")
        log_in(slow)
    slow.wait("document.getElementById('problem').innerText.includes('Row A, seat 1')")
    slow.wait(f"document.querySelector('{seat('A1')}').matches('.gone')")
    slow.click("#offers button")
    slow.wait("document.querySelectorAll('#selection li').length === 1")
    slow.click("#hold")
    slow.wait(f"{is_seen('#login')} || {is_seen('#pay')}")
    if slow.run(is_seen("#login")):
        log_in(slow)
    slow.wait(is_seen("#pay"))
    assert Booking.objects.filter(status="pending").count() == 2


def test_seats_that_others_take_are_seen_to_go(visit) -> None:
    show = scheduled_show()
    page = opened(visit, show)
    confirmed("B1", "B2", show=show)
    page.wait(f"document.querySelector('{seat('B1')}').matches('.taken')")
    assert "10 left" in page.text(".legend")


def test_the_best_seats_are_picked_and_other_shows_offered_when_there_are_none(visit) -> None:
    show = scheduled_show(rows={"A": 2})
    other = scheduled_show(
        screen=hall({"A": 4}, venue=show.screen.venue),
        event=show.event, start_time=show.start_time,
    )  # fmt: skip
    page = opened(visit, show)
    page.click("#best button")
    page.wait("document.querySelectorAll('#selection li').length === 2")
    page.type("#best [name=quantity]", "3")
    page.click("#best button")
    page.wait(f"document.querySelector('#offers a').pathname === '/shows/{other.pk}/'")
    assert "3 seats" in page.text("#problem")


def test_a_link_may_name_seats(visit) -> None:
    show = scheduled_show()
    confirmed("A1", show=show)
    first, second = seat_ids(show, "A1", "A2")
    page = visit(f"/shows/{show.pk}/?seats={first},{second},0,x")
    page.wait("document.querySelectorAll('#selection li').length === 1")


def test_seats_are_chosen_by_keyboard_and_said(visit) -> None:
    show = scheduled_show()
    page = opened(visit, show)
    page.run(f"document.querySelector('{seat('A1')}').focus()")
    for key in ("ArrowRight", " ", "ArrowDown", " ", "End", "Enter", "Home"):
        page.press(key)
    chosen = page.run(
        "[...document.querySelectorAll('.chosen')].map(e => e.seat.row + e.seat.number)"
    )
    assert chosen == ["A2", "B2", "B6"]
    assert page.run("document.activeElement.seat.number") == "1"
    nodes = page.send("Accessibility.getFullAXTree")["nodes"]
    boxes = [node for node in nodes if node["role"]["value"] == "checkbox" and not node["ignored"]]
    names = {node["name"]["value"]: node for node in boxes}
    assert len([name for name in names if name.startswith("Row")]) == 12
    (said,) = (node for name, node in names.items() if name.startswith("Row B, seat 6"))
    checked = {p["name"]: p["value"]["value"] for p in said["properties"]}["checked"]
    assert checked == "true" and "₹250.00 · chosen" in said["name"]["value"]
    assert page.run("document.querySelectorAll('[tabindex=\"0\"]').length") == 1


def test_pairs_come_and_go_together_and_marks_are_told(visit) -> None:
    screen = hall()
    seats = Seat.objects.filter(screen=screen)
    seats.filter(row="A", number__in=["1", "2"]).update(couple="C1")
    seats.filter(row="B", number="1").update(restricted_view=True)
    seats.filter(row="B", number="2").update(accessible=True)
    page = opened(visit, scheduled_show(screen=screen))
    page.click(seat("A1"))
    page.wait("document.querySelectorAll('#selection li').length === 2")
    page.click(seat("A2"))
    page.wait("document.querySelectorAll('#selection li').length === 0")
    assert "Restricted view" in page.text(".legend")
    assert page.run("document.querySelectorAll('[aria-label*=\"Wheelchair place\"]').length") == 1


def test_a_hold_that_runs_out_gives_its_seats_back_to_the_choice(visit, settings) -> None:
    settings.BOOKINGS_HOLD_SECONDS = 3
    page = opened(visit, scheduled_show())
    hold(page, "A1")
    page.wait("document.getElementById('problem').innerText.includes('time to pay is over')")
    page.wait("document.querySelectorAll('#selection li').length === 1")


def test_a_guest_books_with_an_email_alone(visit) -> None:
    page = opened(visit, scheduled_show())
    page.click(seat("B3"))
    page.click("#hold")
    page.type("#login [name=email]", "asha@example.org")
    page.click("#guest")
    page.wait(is_seen("#pay"))
    page.click("#pay .main")
    page.wait(is_seen("#done"))
    booking = Booking.objects.get(status="confirmed")
    assert booking.user.is_guest and booking.contact_email == "asha@example.org"


def test_the_choice_is_held_after_a_login_and_an_older_hold_is_only_offered(visit) -> None:
    show, customer = scheduled_show(), UserFactory()
    older = held("A1", "A2", show=show, customer=customer)
    page = opened(visit, show)
    page.click(seat("B3"))
    page.click("#hold")
    log_in(page, customer)
    page.wait(is_seen("#pay"))
    assert "Row B, seat 3" in page.text("#pay") and "Row A" not in page.text("#pay")
    page.click("#pay .main")
    page.wait(is_seen("#done"))
    paid = Booking.objects.exclude(pk=older.pk).get()
    assert [line.show_seat.seat_id for line in paid.booked_seats.all()] == seat_ids(show, "B3")
    older.refresh_from_db()
    assert (paid.status, older.status) == ("confirmed", "pending")
    page.click("#again")
    page.wait(is_seen("#held"))
    assert "Row A, seat 1; Row A, seat 2" in page.text("#held")
    page.click(seat("B5"))
    page.click("#held button")
    page.wait(is_seen("#pay"))
    assert "Row A, seat 1" in page.text("#pay")
    page.click("#pay [data-cancel]")  # The choice beside it was kept.
    page.wait("document.querySelectorAll('#selection li').length === 1")
    assert "Row B, seat 5" in page.text("#selection") and not page.run(is_seen("#held"))


def test_after_a_reload_a_hold_goes_on_unless_seats_are_chosen(visit) -> None:
    show = scheduled_show()
    page = opened(visit, show)
    hold(page, "A1")
    page.wait(is_seen("#pay"))
    page.reload()
    page.wait(f"{is_seen('#pay')} && document.querySelectorAll('#pay li').length === 1")
    page.run(f"location.search = '?seats={seat_ids(show, 'B2')[0]}'")
    page.wait(is_seen("#held"))
    assert "Row B, seat 2" in page.text("#selection")
    page.click("#hold")
    page.wait(is_seen("#pay"))
    assert "Row B, seat 2" in page.text("#pay")
    assert Booking.objects.filter(status="pending").count() == 2


def test_a_lost_answer_to_a_hold_is_found_and_no_older_hold_instead(visit) -> None:
    show, customer = scheduled_show(), UserFactory()
    held("A1", show=show, customer=customer)
    page = opened(visit, show)
    page.click("#account")
    page.click(seat("B3"))
    log_in(page, customer)
    page.wait(is_seen("#held"))
    lose_posts = """
        globalThis.online ??= fetch;
        globalThis.fetch = async (path, options) => {
          if (options?.method !== "POST" || path !== "/api/bookings/") return online(path, options);
          if (%s) await online(path, options);
          throw new TypeError("lost");
        };
    """
    page.run(lose_posts % "false")
    page.click("#hold")
    page.wait("document.getElementById('problem').innerText.includes('cannot be reached')")
    assert not page.run(is_seen("#pay")) and "Row B, seat 3" in page.text("#selection")
    page.run(lose_posts % "true")
    page.click("#hold")
    page.wait(is_seen("#pay"))
    assert "Row B, seat 3" in page.text("#pay")


def test_a_declined_card_leaves_the_hold_and_a_bank_that_asks_is_answered(visit) -> None:
    page = opened(visit, scheduled_show())
    hold(page, "A1")
    page.wait(is_seen("#pay"))
    choose = "document.querySelector('[name=card]').value = "
    page.run(choose + "'pm_card_declined'")
    page.click("#pay .main")
    page.wait("!document.getElementById('problem').hidden")
    assert page.run(is_seen("#pay"))
    page.run(choose + "'pm_card_authentication'")
    page.click("#pay .main")
    page.click("#bank button")
    page.wait(is_seen("#done"))
    assert Booking.objects.get().status == "confirmed"
