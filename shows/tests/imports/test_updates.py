"""Files that changed since their import, the report, and `--update`."""

import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError

from bookings.models import Booking
from bookings.tests.factories import confirmed
from shows.models import Show, ShowPrice
from shows.tests.imports.champo import HEADER, PLACE, ROWS, file_of

pytestmark = pytest.mark.django_db


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
