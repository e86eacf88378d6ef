"""
Real servers for the scripts of this folder.

They are started in a folder of their own and end with it.
"""

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Self

import psycopg2

from benchmarks.machine import POSTGRES_BIN, ROOT, end, production_command, query
from benchmarks.workloads import World

# PostgreSQL refuses to run as root.
_NOBODY = pwd.getpwnam("nobody")
AS_NOBODY = {"user": "nobody", "group": _NOBODY.pw_gid} if os.geteuid() == 0 else {}


# The role has what a pooler passes on to nobody.
TIMEOUTS = {
    "lock_timeout": "3s",
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "30s",
}
PGBOUNCER = """
[databases]
* = host=127.0.0.1 port={postgres} user=booking pool_size={pool}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
admin_users = booking
pool_mode = transaction
max_client_conn = 500
default_pool_size = {pool}
query_wait_timeout = 5
"""


class Started(NamedTuple):
    """A process by its name, and its URL."""

    name: str
    url: str


class Processes(ExitStack):
    """Processes that end with the block, last first. Until then their logs are in `folder`."""

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="booking-benchmark-"))
        self._restarts: dict[str, Callable[[signal.Signals], subprocess.Popen[bytes]]] = {}
        self.callback(shutil.rmtree, self.folder, ignore_errors=True)
        give_away(self.folder)
        return super().__enter__()

    def start(
        self, name: str, command: Sequence[object], ready: Callable[[], Any], **options: Any
    ) -> subprocess.Popen[bytes]:
        """Start a process and wait until `ready()` no longer raises."""
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen([*map(str, command)], stdout=log, stderr=log, **options)
        self.callback(end, process)

        def restart(how: signal.Signals) -> subprocess.Popen[bytes]:
            process.send_signal(how)
            process.wait()
            return self.start(name, command, ready, **options)

        self._restarts[name] = restart
        for _ in range(600):
            try:
                ready()
                return process
            except Exception as error:
                if process.poll() is not None:
                    raise RuntimeError(f"{name}: {self.log(name)}") from error
                time.sleep(0.1)
        raise TimeoutError(name)

    def restart(self, name: str, how: signal.Signals) -> subprocess.Popen[bytes]:
        """End a process by a signal and start it again. Return when it is ready."""
        return self._restarts[name](how)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def postgres(self, port: int, *, primary: int | None = None, **settings: object) -> str:
        """
        Start a PostgreSQL or a streaming replica, and return its URL.

        It has its default durability.
        """
        data = self.folder / f"postgres-{port}"
        if primary is None:
            _run(POSTGRES_BIN / "initdb", "-D", data, "-U", "postgres", "-A", "trust")
        else:
            source = f"host=127.0.0.1 port={primary} user=postgres"
            _run(POSTGRES_BIN / "pg_basebackup", "-D", data, "-R", "-c", "fast", "-d", source)
        options = {
            "port": port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            **settings,
        }
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        url = f"postgres://postgres@127.0.0.1:{port}/postgres"
        self.start(
            f"postgres-{port}",
            [POSTGRES_BIN / "postgres", "-D", data, *flags],
            lambda: psycopg2.connect(url).close(),
            **AS_NOBODY,
        )
        return url

    def pgbouncer(self, port: int, url: str, *, pool: int) -> Started:
        """Start a pgbouncer in transaction mode. Return the URL of the same database there."""
        address, _, database = url.rpartition("/")
        if not query(url, "SELECT 1 FROM pg_roles WHERE rolname = 'booking'"):
            query(url, "CREATE ROLE booking LOGIN SUPERUSER")
        for name, value in TIMEOUTS.items():
            query(url, f"ALTER ROLE booking SET {name} = '{value}'")
        config = self.folder / f"pgbouncer-{port}.ini"
        postgres = address.rpartition(":")[2]
        config.write_text(PGBOUNCER.format(postgres=postgres, port=port, pool=pool))
        give_away(config)
        pooled = f"postgres://booking@127.0.0.1:{port}/{database}"
        name, ready = f"pgbouncer-{port}", partial(query, pooled, "SELECT 1")
        self.start(name, ["pgbouncer", config], ready, **AS_NOBODY)
        return Started(name, pooled)

    def redis(self, port: int) -> Started | None:
        """
        Start a Redis that stores nothing on disk, and return its URL.

        Return None where Redis is not installed.
        """
        program = shutil.which("redis-server")
        if program is None:
            return None
        options = ["--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", self.folder]
        ready = partial(socket.create_connection, ("127.0.0.1", port))
        self.start(name := f"redis-{port}", [program, *options], lambda: ready().close())
        return Started(name, f"redis://127.0.0.1:{port}/0")

    def web(self, port: int, environment: dict[str, str]) -> subprocess.Popen[bytes]:
        """Serve the system as the README does."""
        return self.start(
            f"web-{port}",
            production_command(port),
            lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz/", timeout=1).close(),
            env={**os.environ, **environment},
            cwd=ROOT,
        )


def give_away(path: Path) -> None:
    """Make the user of AS_NOBODY the owner of a path."""
    if AS_NOBODY:
        os.chown(path, _NOBODY.pw_uid, _NOBODY.pw_gid)


def manage(environment: dict[str, str], *arguments: str) -> str:
    """Run `manage.py` and return its output."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        env={**os.environ, **environment},
        cwd=ROOT,
        check=True,
        text=True,
        stdout=subprocess.PIPE,
    ).stdout


def world(path: Path, *, customers: int, shows: int) -> World:
    """Make the world of `benchmarks.world` in this process's database."""
    sizes = f"customers={customers}, shows={shows}, rounds=1, stadium_shows=0"
    calls = f"world.build({str(path)!r}, {sizes}); world.tokens({str(path)!r})"
    manage({}, "shell", "--no-imports", "-c", f"from benchmarks import world; {calls}")
    return World(json.loads(path.read_text()), turn=0)


def _run(*command: object) -> None:
    subprocess.run([*map(str, command)], check=True, stdout=subprocess.DEVNULL, **AS_NOBODY)
