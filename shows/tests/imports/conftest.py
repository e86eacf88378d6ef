"""Fixtures of tests of imports."""

import io
from copy import deepcopy

import pytest
from django.core.management import call_command

from shows.models import Show
from shows.tests.imports.champo import ROWS, file_of
from shows.tests.imports.venuemaster import DOCUMENT, in_json

PARIS = ("--default=city=Paris", "--default=country=FR", "--default=timezone=Europe/Paris")


@pytest.fixture
def run(tmp_path):
    """Return a function that imports a text and returns the output."""

    def _run(
        text: str | bytes, *options: str, command: str = "import_shows", stdout=None, **more
    ) -> str:
        path = tmp_path / "shows.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        out = stdout or io.StringIO()
        call_command(command, str(path), *options, stdout=out, **more)
        return out.getvalue() if isinstance(out, io.StringIO) else ""

    return _run


@pytest.fixture
def imported(run) -> list[Show]:
    assert "4 new, 0 same, 0 changed, 0 gone, 0 refused" in run(file_of(*ROWS))
    return list(Show.objects.order_by("start_time"))


@pytest.fixture
def run_in_paris(run):
    """Return `run` with Paris as the place of venues."""
    return lambda text, *options, **more: run(text, *PARIS, *options, **more)


@pytest.fixture
def export() -> dict:
    """Return the document of an export, which the test may change."""
    return deepcopy(DOCUMENT)


@pytest.fixture
def run_import(tmp_path):
    """Return `run_import(document, *options)`, which imports a document and returns the output."""

    def run(content: dict | bytes, *options: str) -> str:
        path = tmp_path / "VenueSchedule.json"
        if not isinstance(content, bytes):
            content = in_json(content)
        path.write_bytes(content)
        out = io.StringIO()
        call_command("import_venuemaster", str(path), *options, stdout=out)
        return out.getvalue()

    return run
