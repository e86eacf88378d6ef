"""Checks of the Markdown documents against the code."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PACKAGES = [path.parent.name for path in ROOT.glob("*/__init__.py")]
PATHS = re.compile(rf"`((?:{'|'.join([*PACKAGES, 'deploy', 'docs'])})/[\w./-]*)`")
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/README.md")]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_name_files_and_folders_that_exist(document):
    named = set(PATHS.findall(document.read_text()))
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_the_check_reads_the_paths_of_documents():
    found = [path for document in DOCUMENTS for path in PATHS.findall(document.read_text())]
    assert len(found) > 100
