"""The size of modules, each of which is read in one sitting."""

from pathlib import Path

from django.conf import settings

MAX_LINES = 350


def test_no_module_is_longer_than_350_lines():
    """A longer module has two subjects, which become two modules."""
    root = Path(settings.BASE_DIR)
    lines = {
        path: len(path.read_text().splitlines())
        for path in root.rglob("*.py")
        if path.relative_to(root).parts[0] != ".venv"
    }
    assert len(lines) > 900
    assert [str(path) for path, count in lines.items() if count > MAX_LINES] == []
