"""Imports at the admin site."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from shows.models import Show
from shows.tests.imports.champo import ROWS, file_of
from users.tests.factories import staff_with
from venues.models import Venue

pytestmark = pytest.mark.django_db


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
