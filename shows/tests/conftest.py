"""Fixtures for imports of a point of sale's export."""

from copy import deepcopy
from io import StringIO

import pytest
from django.core.management import call_command

from shows.tests.venuemaster import DOCUMENT, in_json


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
        out = StringIO()
        call_command("import_venuemaster", str(path), *options, stdout=out)
        return out.getvalue()

    return run
