from datetime import date
from decimal import Decimal

import pytest
from django.core.management import CommandError

from events.models import Event
from shows.models import Show, ShowSeat
from shows.tests.imports.venuemaster import in_json, listed, movie, nothing_written, prices_of
from venues.models import Screen, Venue

pytestmark = pytest.mark.django_db


def test_import_makes_a_show_of_each_session_that_is_not_cancelled(run_import, export):
    out = run_import(export)

    assert "session 2: cancelled, left out." in out
    assert "3 new, 0 same, 0 changed, 0 gone, 1 cancelled, 0 refused" in out
    assert "2 films, 2 screens, 1 venues" in out
    first, second, third = Show.objects.order_by("start_time", "screen__name")
    assert first.start_time.isoformat() == "2025-08-19T01:00:00+00:00"
    assert first.end_time.isoformat() == "2025-08-19T02:55:00+00:00"
    assert first.occupied_until == first.end_time
    assert (first.currency, first.format) == ("AUD", "")
    assert (second.event.title, second.screen.name) == ("Short", "Hall One")
    assert third.screen.name == "Hall Two"


def test_import_makes_the_venue_with_its_fee_and_tax(run_import, export):
    run_import(export)

    venue = Venue.objects.get()
    assert (venue.name, venue.city) == ("Picture Palace", "Yarra")
    assert venue.address == "Old Arcade, Corner A & B Streets, Yarra, Vic. 3000"
    assert (venue.country, venue.timezone) == ("AU", "Australia/Melbourne")
    for terms in (venue, *Show.objects.all()):
        assert (terms.fee_per_ticket, terms.fee_per_booking) == (Decimal("1.1"), 0)
        assert (terms.tax_rate, terms.tax_inclusive) == (10, True)


def test_import_prices_every_ticket_type_the_dearest_listed_one_first(run_import, export):
    run_import(export)

    for show in Show.objects.all():
        assert list(prices_of(show).items()) == [
            ("Adult", "13.00"),
            ("Child", "10.00"),
            ("Family", "10.00"),  # 40.00 is for four seats.
            ("Event ticket with wine", "13.50"),
            ("Event ticket with water", "12.50"),
            ("Gift Card", "13.00"),  # It has no price, and nobody may sit for nothing.
        ]
        seats = ShowSeat.objects.filter(show=show)
        assert set(seats.values_list("price", flat=True)) == {Decimal(13)}


def test_import_sells_only_what_the_price_list_has_if_asked_to(run_import, export):
    out = run_import(export, "--only-listed")

    assert list(prices_of(Show.objects.first())) == ["Adult", "Child", "Family"]
    assert "Left out: Event ticket with water, Event ticket with wine, Gift Card." in out


def test_import_leaves_out_ticket_types_that_cannot_be_sold(run_import, export):
    export["Tickets"][2]["Ticket_Number_Of_Seats"] = 3
    export["Price_List"].append(listed("WINE", "14", Price_Valid=False))

    out = run_import(export)

    assert "Left out: Event ticket with wine, Family." in out
    assert not {"Family", "Event ticket with wine"} & prices_of(Show.objects.first()).keys()


def test_import_adds_a_surcharge_to_the_price(run_import, export):
    export["Price_List"][1]["Price_Surcharge"] = Decimal("2.5")

    run_import(export)

    assert prices_of(Show.objects.first())["Adult"] == "15.50"


def test_import_gives_a_session_the_fees_and_prices_of_its_price_group(run_import, export):
    gala = {
        **export["Price_Groups"][0],
        "Price_Group_Code": "GALA",
        "Price_Group_Programming_Default": False,
        "Price_Group_3D": True,
        "Price_Group_Ticket_Fee_Type": 0,
        "Price_Group_Fee_Per_Transaction": 3,
        "Price_Group_Transaction_Fee_Type": 1,
    }
    export["Price_Groups"].insert(0, gala)
    export["Price_List"].append(listed("ADULT", "22", Price_PriceGroup_Code="GALA"))
    export["Sessions"][0]["Session_Price_Group_Code"] = "GALA"

    run_import(export)

    show = Show.objects.first()
    assert (show.fee_per_ticket, show.fee_per_booking, show.format) == (0, 3, "3D")
    assert prices_of(show)["Adult"] == "22.00"
    assert Venue.objects.get().fee_per_ticket == Decimal("1.1")


def test_import_makes_all_films(run_import, export):
    run_import(export)

    film = Event.objects.get(title="A Title of More Than Twenty-Four Letters")
    assert (film.kind, film.duration_minutes, film.certificate) == ("movie", 100, "PG")
    assert (film.release_date, film.description) == (date(2025, 8, 7), "Of letters.")
    assert [genre.name for genre in film.genres.all()] == ["Family", "Science Fiction"]
    assert film.cast == ["Ann Ox", "Bo Yak", "Cy Elk"]
    assert film.is_published
    assert Event.objects.get(title="Short").release_date is None


def test_import_takes_the_length_of_a_film_from_its_sessions(run_import, export):
    export["Movies"][1]["Movie_Length"] = 0
    export["Movies"].append(movie("NEVER", "Never Shown", Movie_Length=0))

    out = run_import(export)

    assert Event.objects.get(title="Short").duration_minutes == 100
    assert "film NEVER: the file does not say how long it is" in out
    assert Event.objects.count() == 2


def test_import_takes_the_length_of_a_session_from_its_film(run_import, export):
    run_import(export)

    show = Show.objects.get(screen__name="Hall Two")
    assert (show.end_time - show.start_time).seconds == (15 + 100) * 60


def test_import_makes_screens_of_the_size_that_the_file_says(run_import, export):
    run_import(export, "--seats=30")

    assert Screen.objects.get(name="Hall One").seats.count() == 15
    assert Screen.objects.get(name="Hall Two").seats.count() == 30


def test_import_adds_nothing_the_second_time(run_import, export):
    run_import(export)

    out = run_import(export)

    assert "0 new, 3 same, 0 changed, 0 gone, 1 cancelled, 0 refused" in out
    assert "Made on the way: nothing." in out
    assert "venue: " not in out
    assert (Show.objects.count(), Event.objects.count(), Venue.objects.count()) == (3, 2, 1)
    assert Venue.objects.get().history.count() == 1


def test_import_changes_the_terms_of_a_venue_and_leaves_shows_alone(run_import, export):
    run_import(export)
    export["Price_Groups"][0]["Price_Group_Fee_Per_Ticket"] = Decimal("1.2")

    out = run_import(export, "--venue=picture-palace", "--city=Melbourne")

    assert "venue: changed to city Melbourne, fee_per_ticket 1.2." in out
    venue = Venue.objects.get()
    assert (venue.fee_per_ticket, venue.city) == (Decimal("1.2"), "Melbourne")
    assert set(Show.objects.values_list("fee_per_ticket", flat=True)) == {Decimal("1.1")}


def test_import_writes_to_the_venue_that_is_named(run_import, export):
    for slug in ("old", "new"):
        Venue.objects.create(
            name="Picture Palace", slug=slug, city="Perth", country="AU", timezone="Australia/Perth"
        )

    with pytest.raises(CommandError, match="2 are called Picture Palace"):
        run_import(export, "--city=Perth", "--timezone=Australia/Perth")
    with pytest.raises(CommandError, match="there is no venue newer"):
        run_import(export, "--venue=newer")
    assert not Show.objects.exists()

    with pytest.raises(CommandError, match="is in Australia/Perth, not in Australia/Melbourne"):
        run_import(export, "--venue=new")
    assert not Show.objects.exists()

    run_import(export, "--venue=new", "--timezone=Australia/Perth")
    show = Show.objects.first()
    assert (show.screen.venue.slug, show.screen.venue.city) == ("new", "Perth")
    assert show.start_time.isoformat() == "2025-08-19T03:00:00+00:00"


def test_import_says_that_a_show_is_still_on_which_the_file_has_cancelled(run_import, export):
    run_import(export)
    show = Show.objects.get(event__title="Short")
    export["Sessions"][2]["Session_Cancelled"] = True

    out = run_import(export)

    what = (
        f"session 3, cancelled: show {show.pk}, “Short”, 2025-08-19 13:00 Australia/Melbourne, on"
    )
    assert what in out and "is still on sale." in out
    assert "0 new, 2 same, 0 changed, 0 gone, 2 cancelled, 0 refused" in out
    show.refresh_from_db()
    assert show.status == Show.Status.SCHEDULED


def test_an_update_withdraws_a_cancelled_session_that_nobody_booked(run_import, export):
    run_import(export)
    export["Sessions"][2]["Session_Cancelled"] = True

    assert "was not sold and is withdrawn." in run_import(export, "--update")
    assert not Show.objects.filter(event__title="Short").exists()
    assert Show.objects.count() == 2


def test_a_session_is_known_by_its_number_wherever_it_moves(run_import, export):
    run_import(export)
    show = Show.objects.get(import_key="venuemaster:3")
    moved = {"Session_Date_Time": "20250919T130000", "Session_End_Time": "20250919T140000"}
    export["Sessions"][2] |= moved

    assert f"session 3: show {show.pk} differs: start" in run_import(export)
    out = run_import(in_json(export).decode().encode("utf-16"), "--update")

    assert "0 new, 2 same, 1 changed, 0 gone, 1 cancelled, 0 refused" in out
    show.refresh_from_db()
    assert show.start_time.isoformat() == "2025-09-19T03:00:00+00:00"
    assert Show.objects.count() == 3


def test_fees_that_differ_are_named_and_updated(run_import, export):
    run_import(export)
    export["Price_Groups"][0]["Price_Group_Fee_Per_Ticket"] = Decimal("1.2")

    assert "fee per ticket 1.1 → 1.2" in run_import(export)
    assert set(Show.objects.values_list("fee_per_ticket", flat=True)) == {Decimal("1.1")}
    assert "3 changed" in run_import(export, "--update")
    assert set(Show.objects.values_list("fee_per_ticket", flat=True)) == {Decimal("1.2")}


def test_import_does_not_call_on_what_the_file_holds_twice_cancelled_and_not(run_import, export):
    export["Sessions"][1]["Session_Movie_Code"] = "SHORT"
    run_import(export)

    assert "session 2: cancelled, left out." in run_import(export)


def test_dry_run_says_the_same_and_writes_nothing(run_import, export):
    out = run_import(export, "--dry-run")

    assert "nothing was changed" in out
    assert "3 new, 0 same, 0 changed, 0 gone, 1 cancelled, 0 refused" in out
    assert nothing_written()
