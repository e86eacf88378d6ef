"""A migrated database that each test process copies. It is kept between runs."""

import hashlib
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import sql

_ROOT = Path(__file__).resolve().parents[2]
# pytest ignores what it does not know there, and so does git.
_FOLDER = _ROOT / ".pytest_cache" / "migrated"
_TEMPLATE = "TEST_DATABASE_TEMPLATE"  # The controller hands it down to the processes.
# The models of each migration refer to each other. Looking for those that are garbage would take a
# sixth of the time at the default threshold.
_MIGRATE = """
import gc
gc.set_threshold(200_000, 20, 100)
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "migrate", "--verbosity=0"])
"""


def prepare(url: str, *, programs: Path | None = None) -> None:
    """
    Make the template of the test databases, unless it exists.

    `programs` is the folder of pg_dump and pg_restore for a server that lasts for one run only: its
    template is kept as a file. Another PostgreSQL server keeps its template as a database.

    A run on PostgreSQL also makes the template of SQLite: `make test` needs both, and two cores
    migrate both at once.
    """
    with ThreadPoolExecutor() as pool:
        sqlite = pool.submit(_sqlite_template)
        postgres = None if url.startswith("sqlite") else _postgres_template(url, programs)
    # This raises the error of a failed migration, also in a run on PostgreSQL.
    template = str(sqlite.result())
    os.environ[_TEMPLATE] = postgres or template


def copy_template() -> None:
    """Let Django create the test databases as copies of the template."""
    # Imported only now, as this needs the settings.
    from django.conf import settings
    from django.db.backends.sqlite3.creation import DatabaseCreation

    template = os.environ.get(_TEMPLATE)
    if template is None:
        return
    if settings.DATABASES["default"]["ENGINE"] != "django.db.backends.sqlite3":
        settings.DATABASES["default"].setdefault("TEST", {})["TEMPLATE"] = template
        return
    create_empty = DatabaseCreation._create_test_db

    def create(self: Any, verbosity: int, autoclobber: bool, keepdb: bool = False) -> str:
        name = create_empty(self, verbosity, autoclobber, keepdb)
        if not Path(name).exists():
            shutil.copy(template, name)
        return name

    DatabaseCreation._create_test_db = create


def _sqlite_template() -> Path:
    template = _kept_file("sqlite3")
    if not template.exists():
        unfinished = _unfinished(template)
        _migrate(f"sqlite:///{unfinished}")
        _keep(unfinished, template)
    return template


def _postgres_template(url: str, programs: Path | None) -> str:
    database = psycopg2.extensions.parse_dsn(url)["dbname"]
    name = f"{database}_migrated_{_fingerprint()}"
    # The named database need not exist. Django only puts `test_` before its name.
    connection = psycopg2.connect(_url_of("postgres", url))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)",
            [f"{database}_migrated_"],
        )
        existing = {row[0] for row in cursor.fetchall()}
        if name not in existing:
            for outdated in existing:
                cursor.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(outdated)))
            unfinished = f"{name}_unfinished"
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(unfinished)))
            _fill(_url_of(unfinished, url), programs)
            cursor.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                    sql.Identifier(unfinished), sql.Identifier(name)
                )
            )
    connection.close()
    return name


def _url_of(database: str, url: str) -> str:
    address, _, query = url.partition("?")
    return f"{address.rpartition('/')[0]}/{database}?{query}"


def _fill(url: str, programs: Path | None) -> None:
    dump = _kept_file("dump")
    if programs is None:
        _migrate(url)
    elif dump.exists():
        _run(programs / "pg_restore", "--no-owner", "--dbname", url, dump)
    else:
        _migrate(url)
        unfinished = _unfinished(dump)
        _run(programs / "pg_dump", "--format=custom", "--compress=0", "--file", unfinished, url)
        _keep(unfinished, dump)


def _migrate(url: str) -> None:
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "eventbooking_system.settings",
    }
    _run(sys.executable, "-c", _MIGRATE, env=environment)


def _run(*command: Any, **options: Any) -> None:
    subprocess.run(command, check=True, cwd=_ROOT, **options)


def _kept_file(suffix: str) -> Path:
    _FOLDER.mkdir(parents=True, exist_ok=True)
    return _FOLDER / f"{_fingerprint()}.{suffix}"


def _unfinished(file: Path) -> Path:
    return file.with_name(f"{file.name}-{os.getpid()}")


def _keep(unfinished: Path, file: Path) -> None:
    """Name a file once it is complete, and delete its predecessors."""
    for outdated in _FOLDER.glob(f"*{file.suffix}"):
        outdated.unlink()
    unfinished.rename(file)


def _fingerprint() -> str:
    """Identify the migrations and the packages that run them."""
    digest = hashlib.sha256()
    for path in [*sorted(_ROOT.glob("*/migrations/*.py")), _ROOT / "requirements-dev.txt"]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
