"""Checks of the table of private names in docs/upgrading.md."""

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
ROWS = re.findall(
    r"^\| [^|]+ \| `([\w.]+)` \|[^\n]*\| `([\w/.]+)` \| `([\w/.]+)` \|$",
    (ROOT / "docs/upgrading.md").read_text(),
    re.MULTILINE,
)


def resolved(name: str) -> Any:
    """Import a dotted name's module, and return the attribute after it."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found = import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for attribute in parts[end:]:
            found = getattr(found, attribute)
        return found
    raise ModuleNotFoundError(name)


@pytest.mark.parametrize(("name", "module", "test"), ROWS, ids=[row[0] for row in ROWS])
def test_a_private_name_exists_and_is_used_and_tested_where_the_table_says(name, module, test):
    resolved(name)
    assert (ROOT / module).is_file()
    assert "def test_" in (ROOT / test).read_text()


def test_the_table_has_rows():
    assert len(ROWS) >= 20
