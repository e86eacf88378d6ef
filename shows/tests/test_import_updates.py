"""Files that changed since their import: the report, and `--update`."""

import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from bookings.models import Booking
from bookings.tests.factories import confirmed
from shows.models import Show, ShowPrice
from users.tests.factories import staff_with
from venues.models import Venue
from venues.services import replace_layout

pytestmark = pytest.mark.django_db

HEADER = "venue,screen,film,start,minutes,price,currency,city,country,timezone\n"
PLACE = "EUR,Paris,FR,Europe/Paris\n"
ROWS = [
    "Champo,1,Playtime,2031-05-01T18:00,124,9.50,",
    "Champo,1,Trafic,2031-05-01T21:00,96,9.50,",
    "Champo,2,Mon oncle,2031-05-02T18:00,117,9.50,",
    "Champo,2,Jour de fete,2031-05-02T21:00,79,9.50,",
]


def file_of(*rows: str, header: str = HEADER) -> str:
    return header + "".join(row + PLACE for row in rows)


@pytest.fixture
def run(tmp_path):
    """`run(text, *options)`: import a file of that text; what is printed."""

    def _run(text: str | bytes, *options: str, command: str = "import_shows", stdout=None) -> str:
        path = tmp_path / "shows.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        out = stdout or io.StringIO()
        call_command(command, str(path), *options, stdout=out)
        return out.getvalue() if isinstance(out, io.StringIO) else ""

    return _run


@pytest.fixture
def imported(run) -> list[Show]:
    assert "4 new, 0 same, 0 changed, 0 gone, 0 refused" in run(file_of(*ROWS))
    return list(Show.objects.order_by("start_time"))


def starts() -> list[str]:
    found = Show.objects.order_by("start_time", "pk").values_list("event__title", "start_time")
    return [f"{title} {start:%m-%d %H:%M}" for title, start in found]


UNCHANGED = [
    "Playtime 05-01 16:00", "Trafic 05-01 19:00", "Mon oncle 05-02 16:00", "Jour de fete 05-02 19:00",
]  # fmt: skip


@pytest.mark.sqlite
def test_an_unchanged_file_changes_nothing(run, imported) -> None:
    for options in ((), ("--update",)):
        assert "0 new, 4 same, 0 changed, 0 gone, 0 refused" in run(file_of(*ROWS), *options)
    assert starts() == UNCHANGED
    assert Show.history.filter(history_type="~").count() == 0


@pytest.mark.sqlite
def test_a_session_moved_by_five_minutes_is_reported_and_updated(run, imported) -> None:
    rows = [ROWS[0].replace("18:00", "18:05"), *ROWS[1:]]
    out = run(file_of(*rows))
    assert (
        f"line 2: show {imported[0].pk} differs: start 2031-05-01 18:00 → 2031-05-01 18:05." in out
    )
    assert "0 new, 3 same, 1 changed, 0 gone, 0 refused" in out
    assert "an update does that" in out
    assert starts() == UNCHANGED
    out = run(file_of(*rows), "--update")
    assert f"line 2: show {imported[0].pk} changed: start" in out
    assert "0 new, 3 same, 1 changed, 0 gone, 0 refused" in out
    moved = Show.objects.get(pk=imported[0].pk)
    assert moved.start_time - imported[0].start_time == timedelta(minutes=5)
    assert moved.end_time - moved.start_time == timedelta(minutes=124)
    assert Show.objects.count() == 4
    assert "0 new, 4 same" in run(file_of(*rows))


def test_prices_lengths_and_languages_that_differ_are_named(run, imported) -> None:
    header = HEADER.replace("timezone", "timezone,language,format")
    rows = [
        "Champo,1,Playtime,2031-05-01T18:00,130,12.00,EUR,Paris,FR,Europe/Paris,French,3D\n",
        *(row + PLACE.replace("\n", ",,\n") for row in ROWS[1:]),
    ]
    text = header + "".join(rows)
    expected = (
        "length 124 → 130 minutes, price Standard 9.50 → 12.00, language none → French, "
        "format none → 3D."
    )
    assert f"line 2: show {imported[0].pk} differs: {expected}" in run(text)
    assert set(ShowPrice.objects.values_list("amount", flat=True)) == {Decimal("9.5")}
    assert f"line 2: show {imported[0].pk} changed: {expected}" in run(text, "--update")
    show = Show.objects.get(pk=imported[0].pk)
    assert (show.language, show.format) == ("French", "3D")
    assert show.end_time - show.start_time == timedelta(minutes=130)
    assert show.lowest_price == 12
    assert set(show.show_seats.values_list("price", flat=True)) == {12}


@pytest.mark.sqlite
def test_a_dropped_session_is_gone_and_withdrawn_if_nobody_booked_it(run, imported) -> None:
    rows = [ROWS[0], ROWS[2], ROWS[3]]
    out = run(file_of(*rows))
    what = f"gone: show {imported[1].pk}, “Trafic”, 2031-05-01 21:00 Europe/Paris, on 1"
    assert f"{what}, is still on sale." in out
    assert "0 new, 3 same, 0 changed, 1 gone, 0 refused" in out
    assert starts() == UNCHANGED
    out = run(file_of(*rows), "--update", "--dry-run")
    assert f"{what}, was not sold and is withdrawn." in out and "dry run" in out
    assert starts() == UNCHANGED
    run(file_of(*rows), "--update")
    assert starts() == [UNCHANGED[0], *UNCHANGED[2:]]


def test_a_sold_session_that_is_gone_stays_and_is_named(run, imported) -> None:
    booking = confirmed("A1", show=imported[1])
    out = run(file_of(ROWS[0], ROWS[2], ROWS[3]), "--update")
    assert (
        f"gone: show {imported[1].pk}, “Trafic”, 2031-05-01 21:00 Europe/Paris, on 1, stays. A show "
        "with bookings cannot be deleted. Cancel it instead." in out
    )
    assert starts() == UNCHANGED
    assert Booking.objects.get().status == booking.status == "confirmed"


def test_a_sold_session_moves_and_its_bookings_keep_their_prices(run, imported) -> None:
    booking = confirmed("A1", show=imported[0])
    row = ROWS[0].replace("18:00", "18:30").replace("9.50", "15.00")
    assert "1 changed" in run(file_of(row, *ROWS[1:]), "--update")
    show = Show.objects.get(pk=imported[0].pk)
    assert show.start_time - imported[0].start_time == timedelta(minutes=30)
    assert (show.lowest_price, Booking.objects.get().total) == (15, booking.total)


def test_a_change_that_the_rules_refuse_is_refused_by_its_row(run, imported) -> None:
    confirmed("A1", show=imported[0])
    rows = file_of(*ROWS).replace("124,9.50,EUR", "124,9.50,USD")
    out = run(rows, "--update")
    assert f"line 2: show {imported[0].pk} differs: currency EUR → USD" in out
    assert "bookings cannot change" in out
    assert "0 new, 3 same, 0 changed, 0 gone, 1 refused" in out
    assert Show.objects.get(pk=imported[0].pk).currency == "EUR"


def test_a_session_moved_by_a_month_does_not_stay_on_sale_twice(run, imported) -> None:
    rows = [ROWS[0].replace("05-01", "06-01"), *ROWS[1:]]
    out = run(file_of(*rows))
    assert "1 new, 3 same, 0 changed, 1 gone, 0 refused" in out
    out = run(file_of(*rows), "--update")
    assert "0 new, 4 same, 0 changed, 1 gone, 0 refused" in out
    assert starts() == [*UNCHANGED[1:], "Playtime 06-01 16:00"]


def test_a_session_with_an_id_is_the_same_wherever_it_moves(run) -> None:
    header = HEADER.replace("venue,", "id,venue,", 1)
    rows = [f"{number},{row}" for number, row in enumerate(ROWS, 100)]
    run(file_of(*rows, header=header))
    first = Show.objects.order_by("start_time").first()
    assert first.import_key == "csv:100"
    confirmed("A1", show=first)
    rows[0] = rows[0].replace("05-01", "06-01")
    out = run(file_of(*rows, header=header), "--update")
    assert "0 new, 3 same, 1 changed, 0 gone, 0 refused" in out
    assert starts() == [*UNCHANGED[1:], "Playtime 06-01 16:00"]
    rows[1] = rows[1].replace("Champo,1", "Champo,3")
    out = run(file_of(*rows, header=header), "--update")
    assert "1 new, 3 same, 0 changed, 1 gone, 0 refused" in out
    trafic = Show.objects.get(event__title="Trafic")
    assert (trafic.screen.name, trafic.import_key) == ("3", "csv:101")


def test_shows_that_staff_scheduled_and_other_weeks_are_never_gone(run, imported) -> None:
    Show.objects.filter(pk=imported[1].pk).update(import_key="")
    out = run(file_of(ROWS[0], ROWS[2]), "--update")
    # The last show is on the last day of the file; the one that staff scheduled is not the file's.
    assert "0 new, 2 same, 0 changed, 1 gone" in out
    assert starts() == UNCHANGED[:3]
    out = run(file_of("Champo,1,Playtime,2031-05-08T18:00,124,9.50,"), "--update")
    assert "1 new, 0 same, 0 changed, 0 gone" in out
    assert Show.objects.count() == 4


def test_two_shows_of_a_day_that_move_into_each_others_way_are_updated(run, imported) -> None:
    rows = [ROWS[0].replace("18:00", "20:00"), ROWS[1].replace("21:00", "22:10"), *ROWS[2:]]
    out = run(file_of(*rows), "--update")
    assert "0 new, 2 same, 2 changed, 0 gone, 0 refused" in out
    assert starts()[:2] == ["Playtime 05-01 18:00", "Trafic 05-01 20:10"]


def test_shows_from_before_keys_are_recognised_by_their_place(run, imported) -> None:
    Show.objects.update(import_key="")
    run(file_of(*ROWS))
    assert set(Show.objects.values_list("import_key", flat=True)) == {"csv:"}
    assert "1 gone" in run(file_of(*ROWS[:2], ROWS[3]))


# ---- The forms that people's files have


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
def test_a_day_or_time_that_is_none_refuses_its_row(run, day, time, reason) -> None:
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


# ---- The commands


class Interrupting(io.StringIO):
    """An output at which somebody presses Ctrl-C once it says something."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text: str | None = text

    def write(self, text: str) -> int:
        written = super().write(text)
        if self._text and self._text in text:
            self._text = None
            raise KeyboardInterrupt
        return written


def test_an_interrupted_import_prints_its_summary(run) -> None:
    out = Interrupting("line 3: ")
    rows = [ROWS[0], "Champo,1,Mon oncle,2031-05-01T19:00,117,9,", ROWS[1]]
    with pytest.raises(CommandError, match="Interrupted") as error:
        run(file_of(*rows), stdout=out)
    assert error.value.returncode == 130
    assert "The import was interrupted." in out.getvalue()
    assert "1 new, 0 same, 0 changed, 0 gone, 1 refused" in out.getvalue()


def test_a_terminal_without_the_letters_of_a_title_gets_their_escapes(run, imported) -> None:
    raw = io.BytesIO()
    terminal = io.TextIOWrapper(raw, encoding="latin-1")
    run(file_of(ROWS[0], ROWS[1].replace("Trafic", "Сталкер"), ROWS[2], ROWS[3]), stdout=terminal)
    terminal.flush()
    printed = raw.getvalue().decode("latin-1")
    assert "\\u201cTrafic\\u201d" in printed
    assert "1 gone" in printed


# ---- The admin site


def upload(client, text: str | bytes, **fields):
    content = text if isinstance(text, bytes) else text.encode()
    body = {
        "file": SimpleUploadedFile("shows.csv", content), "columns": "", "defaults": "",
        "seats": 60, "cleaning_minutes": 0, **fields,
    }  # fmt: skip
    return client.post("/admin/shows/show/import/", body)


def test_the_admin_imports_with_the_same_report(boss) -> None:
    assert b"Import shows" in boss.get("/admin/shows/show/").content
    page = boss.get("/admin/shows/show/import/")
    assert page.status_code == 200
    lines = upload(boss, file_of(*ROWS), dry_run="on").context["report"].lines
    assert lines[-2].startswith("4 new, 0 same, 0 changed, 0 gone, 0 refused")
    assert lines[-1] == "This was a dry run; nothing was changed."
    assert not (Show.objects.exists() or Venue.objects.exists())
    report = upload(boss, file_of(*ROWS)).context["report"]
    assert (report.new, Show.objects.count()) == (4, 4)
    rows = [ROWS[0].replace("9.50", "11.00"), ROWS[2], ROWS[3]]
    page = upload(boss, file_of(*rows))
    assert page.context["report"].changed == page.context["report"].gone == 1
    assert "price Standard 9.50 → 11.00" in page.content.decode()
    page = upload(boss, file_of(*rows), update="on")
    assert Show.objects.count() == 3
    assert Show.objects.order_by("start_time").first().lowest_price == 11


def test_the_admin_reads_columns_and_defaults(boss) -> None:
    text = "kino;wann;was\n1;01.05.2031 18:00;Playtime\n"
    defaults = "venue=Champo\ncity=Paris\ncountry=FR\ntimezone=Europe/Paris\nprice=9,50\ncurrency=EUR\nminutes=124"
    columns = "screen=kino\nstart=wann\r\nfilm=was"
    report = upload(boss, text, columns=columns, defaults=defaults).context["report"]
    assert report.new == 1, report.lines


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"text": "\0\1"}, "file"), ({"text": "{}"}, "file"), ({"text": b"\xff\xfea"}, "file"),
        ({"columns": "nonsense"}, "columns"), ({"defaults": "colour=red"}, "file"),
        ({"seats": 0}, "seats"),
    ],
)  # fmt: skip
def test_the_admin_names_what_is_wrong_with_a_file(boss, fields, name) -> None:
    text = fields.pop("text", file_of(*ROWS))
    page = upload(boss, text, **fields)
    assert list(page.context["form"].errors) == [name]
    assert not Show.objects.exists()


def test_only_staff_with_all_permissions_import(client) -> None:
    needed = ["add_show", "change_show", "add_venue", "add_screen", "add_event"]
    client.force_login(staff_with(*needed[:-1], "view_show"))
    assert upload(client, file_of(*ROWS)).status_code == 403
    assert b"Import shows" not in client.get("/admin/shows/show/").content
    client.force_login(staff_with(*needed))
    assert upload(client, file_of(*ROWS)).context["report"].new == 4
    assert upload(client, file_of(*ROWS), update="on").status_code == 403
