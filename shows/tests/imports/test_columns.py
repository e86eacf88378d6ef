"""Days, times, columns and encodings that imports read."""

from decimal import Decimal

import pytest
from django.core.management import CommandError

from shows.models import Show, ShowPrice
from shows.tests.imports.champo import HEADER, PLACE, ROWS, file_of
from venues.services import replace_layout

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "text",
    [
        "venue;screen;film;date;time;minutes;price;currency\n"
        "Champo;1;Playtime;01.05.2031;20:00;124;9,50;EUR\n",
        "venue\tscreen\tfilm\tstart\tminutes\tprice\tcurrency\n"
        "Champo\t1\tPlaytime\t1.5.2031 20:00\t124\t9.50\tEUR\n",
        "venue;screen;film;start;minutes;price;currency\r\n"
        "Champo;1;Playtime;2031-05-01 20.00;124;9,5;EUR\r\n",
        "venue,screen,film,date,time,minutes,price,currency\n"
        'Champo,1,Playtime,2031-05-01,20:00:00,124,"9,50",EUR\n',
    ],
    ids=["semicolons", "tabs", "windows", "commas"],
)
def test_a_file_is_read_as_spreadsheets_write_it(run, text) -> None:
    place = ("--default=city=Paris", "--default=country=FR", "--default=timezone=Europe/Paris")
    for data in (
        text,
        "\ufeff" + text,
        ("\ufeff" + text).encode("utf-16-le"),
        text.encode("utf-16"),
    ):
        run(data, *place)
    show = Show.objects.get()
    assert show.start_time.isoformat() == "2031-05-01T18:00:00+00:00"
    assert show.lowest_price == Decimal("9.5")


@pytest.mark.parametrize(
    ("time", "instant"),
    [
        ("24:00", "2031-05-01T22:00"), ("25:30", "2031-05-01T23:30"), ("00:30", "2031-04-30T22:30"),
        ("9:05", "2031-05-01T07:05"), ("29:59", "2031-05-02T03:59"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["2031-05-01T{}", "2031-05-01 {}", "01.05.2031 {}"])
def test_the_hours_after_midnight_may_be_counted_on(run, form, time, instant) -> None:
    run(file_of(f"Champo,1,Playtime,{form.format(time)},20,9,"))
    assert Show.objects.get().start_time.isoformat()[:16] == instant


@pytest.mark.parametrize(
    ("day", "time", "reason"),
    [
        ("31.02.2031", "20:00", "date: 31.02.2031 is not a day"),
        ("05/01/2031", "20:00", "date: 05/01/2031 is not a day"),
        ("01.05.31", "20:00", "date: 01.05.31 is not a day"),
        ("01.05.2031", "30:00", "time: 30:00 is not a time"),
        ("01.05.2031", "20:60", "time: 20:60 is not a time"),
        ("01.05.2031", "8 pm", "time: 8 pm is not a time"),
        ("01.05.2031", "", "time: no value"),
        ("", "20:00", "date: no value"),
        ("01.05.1831", "20:00", "is not in the years 1900 to 2200"),
    ],
)
def test_an_invalid_day_or_time_refuses_its_row(run, day, time, reason) -> None:
    header = HEADER.replace("start", "date,time")
    out = run(header + f"Champo,1,Playtime,{day},{time},124,9,{PLACE}")
    assert f"line 2: {reason}" in out or reason in out
    assert not Show.objects.exists()


def test_categories_and_ticket_types_have_columns_of_their_own(run) -> None:
    run(file_of(ROWS[0]))
    screen = Show.objects.get().screen
    Show.objects.all().delete()
    rows = [
        {"row": "A", "seats": 4, "category": "Parkett"},
        {"row": "B", "seats": 4, "category": "Loge"},
    ]
    replace_layout(screen_id=screen.pk, document={"rows": rows})
    header = "venue;screen;film;start;minutes;currency;price:Loge;Parkett voll;Parkett Kind;city\n"
    columns = (
        "--column=price:Parkett/Voll=Parkett voll",
        "--column=price:Parkett/Kind=Parkett Kind",
    )
    row = "Champo;1;Playtime;01.05.2031 18:00;124;EUR;14,50;10,00;6,50;Paris\n"
    out = run(header + row, *columns)
    assert "1 new" in out, out
    prices = ShowPrice.objects.order_by("category__name", "position")
    assert list(prices.values_list("category__name", "ticket_type", "amount")) == [
        ("Loge", "", Decimal("14.5")), ("Parkett", "Voll", 10), ("Parkett", "Kind", Decimal("6.5")),
    ]  # fmt: skip
    assert "price Parkett Kind 6.50 → 7.00" in run(header + row.replace("6,50", "7,00"), *columns)
    out = run(header + row.replace("14,50", "").replace("01.05.", "02.05."), *columns)
    assert "No price for Loge" in out
    assert "No column price:Balkon" not in out
    with pytest.raises(CommandError, match="No column Galerie"):
        run(header + row, "--column=price:Galerie=Galerie")
