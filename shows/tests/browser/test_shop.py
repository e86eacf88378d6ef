"""The shop: programme, film, accounts, bookings, languages and accessibility."""

import time
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.utils import timezone

from bookings.tests.factories import confirmed
from eventbooking_system.cache.catalogue import CATALOGUE
from eventbooking_system.cache.versioned import invalidate
from events.tests.factories import EventFactory
from shows.models import Show
from shows.tests.browser.accessibility import violations
from shows.tests.browser.chromium import Page
from shows.tests.browser.journeys import day_of, is_seen, log_in, mailed_path
from shows.tests.factories import scheduled_show
from users.models import User
from users.tests.factories import NEW_PASSWORD, PASSWORD, UserFactory
from venues.tests.factories import VenueFactory, hall

pytestmark = pytest.mark.django_db(transaction=True)
IS_READY = "document.getElementById('credentials').inert === false"
TITLES = "[...document.querySelectorAll('.films h2')].map(title => title.textContent)"


def test_a_visitor_sees_the_films_of_a_day_with_their_times_as_buttons(visit) -> None:
    screen = hall({"A": 3})
    early, late = (
        scheduled_show(screen=screen, event=EventFactory(title=title), start_time=timezone.now() + timedelta(days=1, hours=hours))
        for title, hours in (("Lagaan", 0), ("Dangal", 6))
    )  # fmt: skip
    confirmed("A1", "A2", "A3", show=early)
    page = visit(f"/?venue={screen.venue_id}&date={day_of(early)}")
    page.wait("Boolean(document.querySelector('.films .time'))")
    first = page.text(".films > li:first-child")
    assert "Lagaan" in first and "Sold out" in first
    assert page.run("document.querySelector('.films .poster svg text').textContent") == "Lagaan"
    assert page.run("document.querySelector('.films .time').pathname") == f"/shows/{early.pk}/"
    if day_of(late) == day_of(early):
        assert page.run(TITLES) == ["Lagaan", "Dangal"] and "2 films" in page.text("#count")
        page.click("#filters summary")
        page.click("[name=available]")
        page.click("#filters button")
        page.wait(f"{TITLES}.join() === 'Dangal'")
        page.run("history.back()")
        page.wait(f"{TITLES}.length === 2")


def test_a_day_without_shows_leads_to_the_next_one_and_the_place_is_remembered(visit) -> None:
    show = scheduled_show(start_time=timezone.now() + timedelta(days=3))
    other = scheduled_show(screen=hall({"A": 2}, venue=VenueFactory(city="Pune")))
    page = visit(f"/?venue={show.screen.venue_id}")
    page.wait("Boolean(document.querySelector('.films .next a'))")
    assert "No shows match." in page.text("#count")
    page.click(".films .next a")
    page.wait(f"{TITLES}.join() === '{show.event.title}'")
    assert page.run("document.querySelector('#days [aria-current]').textContent") != ""
    page.run(
        f"(s => {{ s.value = 'venue:{other.screen.venue_id}'; s.dispatchEvent(new Event('change')) }})(document.querySelector('[name=place]'))"
    )
    page.wait(f"location.search.includes('venue={other.screen.venue_id}')")
    page.open("/")
    page.wait(f"document.querySelector('[name=place]').value === 'venue:{other.screen.venue_id}'")


def test_versions_of_shows_are_words_at_the_times_and_filters_of_the_programme(visit) -> None:
    screen = hall({"A": 3})
    start = timezone.now() + timedelta(days=1)
    plain = scheduled_show(screen=screen, event=EventFactory(title="Lagaan"), start_time=start)
    versions = {"captions": True, "audio_description": True, "signed": True, "relaxed": True}
    scheduled_show(
        screen=hall({"A": 3}, venue=screen.venue), event=EventFactory(title="Dangal"),
        start_time=start, **versions,
    )  # fmt: skip
    later = scheduled_show(
        screen=screen, event=plain.event, start_time=start + timedelta(days=2), relaxed=True
    )
    path = f"/?venue={screen.venue_id}&date={day_of(plain)}"
    page = visit(path)
    page.wait(f"{TITLES}.length === 2")
    words = "Captions · Audio description · Sign language · Relaxed"
    times = "[...document.querySelectorAll('.films .time small')].map(small => small.textContent)"
    assert [words in text for text in page.run(times)].count(True) == 1
    page.click("#filters summary")
    for name in versions:
        page.click(f"[name={name}]")
        page.click("#filters button")
        page.wait(f"{TITLES}.join() === 'Dangal' && location.search.includes('{name}=true')")
        page.click(f"[name={name}]")
        page.click("#filters button")
        page.wait(f"{TITLES}.length === 2")
    Show.objects.filter(event__title="Dangal").update(relaxed=False)
    invalidate(CATALOGUE)
    page = visit(f"{path}&relaxed=true")
    page.wait("Boolean(document.querySelector('.films .next a'))")
    assert page.run("document.querySelector('[name=relaxed]').checked")
    page.click(".films .next a")
    page.wait(f"{TITLES}.join() === 'Lagaan'")
    assert f"date={day_of(later)}" in page.run("location.search")


def test_the_films_of_a_day_are_one_request(visit) -> None:
    show = scheduled_show()
    page = visit(f"/?venue={show.screen.venue_id}&date={day_of(show)}")
    page.wait("Boolean(document.querySelector('.films .time'))")
    names = page.run("performance.getEntriesByType('resource').map(({name}) => name)")
    assert sum("/api/events/" in name for name in names) == 1
    assert not [name for name in names if "/api/shows/" in name]
    assert all(name.startswith((page.run("location.origin"), "data:")) for name in names)


def test_a_film_lists_its_shows_by_day_and_leads_to_the_seats(visit) -> None:
    event = EventFactory(title="Lagaan")
    first = scheduled_show(event=event)
    other = scheduled_show(
        event=event,
        start_time=first.start_time + timedelta(days=2),
        screen=hall({"A": 2}, venue=VenueFactory(name="Plaza", city="Pune")),
    )
    page = visit(f"/films/{event.slug}/")
    page.wait("document.querySelectorAll('#results section').length === 2")
    assert "Plaza, Pune" in page.text("#results")
    page.run(
        f"(s => {{ s.value = 'venue:{other.screen.venue_id}'; s.dispatchEvent(new Event('change')) }})(document.querySelector('[name=place]'))"
    )
    page.wait("document.querySelectorAll('#results section').length === 1")
    page.click("#results .time")
    page.wait("document.querySelector('aside') && !document.querySelector('aside').inert")
    assert page.run("location.pathname") == f"/shows/{other.pk}/"
    page.click("main a")
    page.wait(f"location.pathname === '/films/{event.slug}/'")


def test_the_scripts_speak_the_language_that_the_switch_chooses(visit) -> None:
    show = scheduled_show(rows={"A": 2}, price="1250.50")
    page = visit(f"/shows/{show.pk}/")
    page.click("footer [lang=es]")
    page.wait("document.documentElement.lang === 'es' && !document.querySelector('aside').inert")
    page.click("#best button")
    page.wait("document.querySelectorAll('#selection li').length === 2")
    assert "2 asientos" in page.text("#sum") and "2501,00" in page.text("#sum").replace(".", "")
    assert "Fila A, asiento 1" in page.text("#selection")
    page.open("/login/")
    page.wait(IS_READY)
    page.type("[name=email]", "nobody@example.org")
    page.type("[name=password]", "wrong")
    page.click("#credentials button")
    page.wait("!document.getElementById('problem').hidden")
    assert "Ninguna cuenta" in page.text("#problem")


# ---- Accounts


def test_a_visitor_registers_changes_the_profile_and_deletes_the_account(visit) -> None:
    page = visit("/register/")
    page.wait(IS_READY)
    page.type("[name=email]", "asha@example.org")
    page.type("[name=password]", PASSWORD)
    page.type("[name=first_name]", "Asha")
    page.click("#credentials .main")
    page.wait("location.pathname === '/account/' && !document.getElementById('settings').hidden")
    assert "asha@example.org" in page.text("#settings") and "Not confirmed yet" in page.text(
        "#settings"
    )
    assert page.run("document.querySelector('[name=first_name]').value") == "Asha"
    page.type("[name=last_name]", "Rao")
    page.click("#profile .main")
    page.wait("!document.getElementById('said').hidden")
    assert User.objects.get(email="asha@example.org").last_name == "Rao"
    for details in ("#address", "#password", "#erasure"):
        page.run(f"document.querySelector('{details}').closest('details').open = true")
    page.type("#password [name=current_password]", "wrong")
    page.type("#password [name=new_password]", NEW_PASSWORD)
    page.click("#password button")
    page.wait("!document.getElementById('problem').hidden")
    page.type("#password [name=current_password]", PASSWORD)
    page.click("#password button")
    page.wait("document.getElementById('said').textContent.includes('password has changed')")
    page.type("#erasure [name=password]", NEW_PASSWORD)
    page.click("#erasure [type=checkbox]")
    page.click("#erasure button")
    page.wait("document.getElementById('settings').hidden")
    assert not User.objects.filter(email="asha@example.org").exists()


def test_a_new_address_is_confirmed_by_the_mail_to_it(visit) -> None:
    user = UserFactory()
    page = visit("/account/")
    log_in(page, user)
    page.wait(is_seen("#settings"))
    page.run("document.querySelector('#address').closest('details').open = true")
    page.type("#address [name=email]", "new@example.org")
    page.type("#address [name=password]", PASSWORD)
    page.click("#address button")
    page.wait("!document.getElementById('said').hidden")
    path = mailed_path()
    assert mail.outbox[-1].to == ["new@example.org"]
    page = visit(path)
    page.click("#confirm")
    page.wait(is_seen("#done"))
    user.refresh_from_db()
    assert user.email == "new@example.org"


def test_a_login_leads_only_to_pages_of_the_shop(visit) -> None:
    user = UserFactory()
    for wanted, path in (
        ("/my-bookings/", "/my-bookings/"),
        ("https://evil.example/x", "/account/"),
        ("//evil.example/", "/account/"),
    ):
        page = visit(f"/login/?next={wanted}")
        page.wait(IS_READY)
        page.type("[name=email]", user.email)
        page.type("[name=password]", PASSWORD)
        page.click("#credentials button")
        page.wait(f"location.pathname === '{path}'")
        assert page.run("location.hostname") != "evil.example"


def test_a_customer_sees_the_bookings_to_come_first_and_a_guest_asks_for_the_links(visit) -> None:
    booking = confirmed("A1")
    page = visit("/my-bookings/")
    page.type("#find [name=email]", booking.user.email)
    page.click("#find button")
    page.wait(is_seen("#find .done"))
    log_in(page, booking.user)
    page.wait("document.querySelectorAll('#coming .card').length === 1")
    assert booking.show.event.title in page.text("#coming") and booking.reference in page.text(
        "#coming"
    )
    page.click("#coming a")
    page.wait("document.querySelectorAll('#tickets img').length === 1")


# ---- Accessibility


def dark(page: Page) -> None:
    page.send(
        "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}]
    )


@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_breaks_the_rules_of_accessibility_in_light_and_dark(
    visit, settings, width
) -> None:
    settings.SHOP_LEGAL = {"terms": "# Terms\n\nNo refunds.", "privacy": "", "imprint": ""}
    settings.SHOP_CONTACT_EMAIL = "hi@regal.example"
    show = scheduled_show(prices={"Gold": {"Adult": Decimal(250), "Child": Decimal(150)}})
    user = UserFactory()
    confirmed("A1", show=show, customer=user)
    place = f"venue={show.screen.venue_id}&date={day_of(show)}"
    ready = {
        f"/?{place}": "Boolean(document.querySelector('.films .time'))",
        f"/films/{show.event.slug}/": "Boolean(document.querySelector('#results .time'))",
        f"/shows/{show.pk}/": "!document.querySelector('aside').inert",
        "/my-bookings/": is_seen("#find"),
        "/account/": is_seen("#login"),
        "/login/": "Boolean(document.querySelector('main'))",
        "/register/": "Boolean(document.querySelector('main'))",
        "/legal/terms/": "Boolean(document.querySelector('main'))",
        "/reset-password": is_seen("#ask"),
        "/verify-email#x": "Boolean(document.querySelector('main'))",
        "/bookings/K7QF-2MXD": is_seen("#login"),
        "/transfers/": is_seen("#login"),
    }
    found = {}
    for path, condition in ready.items():
        page = visit(path, width=width)
        page.wait(condition)
        assert page.run("document.documentElement.scrollWidth") <= width, path
        found[path] = violations(page)
        dark(page)
        found[f"{path} (dark)"] = violations(page)
    page = visit("/account/", width=width)
    log_in(page, user)
    page.wait(is_seen("#settings"))
    page.run("document.querySelectorAll('details').forEach(one => one.open = true)")
    found["the account"] = violations(page)
    page.open("/my-bookings/")
    page.wait("Boolean(document.querySelector('#coming .card'))")
    found["the bookings"] = violations(page)
    page.click("#coming a")
    page.wait("Boolean(document.querySelector('#tickets img'))")
    found["the booking"] = violations(page)
    dark(page)
    found["the booking (dark)"] = violations(page)
    assert {path: rules for path, rules in found.items() if rules} == {}


def test_the_keyboard_reaches_the_content_first_and_then_the_seats(visit) -> None:
    show = scheduled_show()
    page = visit(f"/?venue={show.screen.venue_id}&date={day_of(show)}")
    page.wait("Boolean(document.querySelector('.films .time'))")
    page.press("Tab")
    assert page.run("document.activeElement.className") == "skip"
    page.press("Enter")
    page.wait("document.activeElement.id === 'content'")
    page.run("document.querySelector('.films .time').focus()")
    for _ in range(5):  # The list is not drawn again, which would lose the focus.
        time.sleep(0.1)
        assert page.run("document.activeElement.matches('.films .time')")
    page.press("Enter")
    page.wait(f"location.pathname === '/shows/{show.pk}/'")
