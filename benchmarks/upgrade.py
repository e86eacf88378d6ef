"""
`python -m benchmarks.upgrade`: the last release's code on the new schema.

During an upgrade the old code serves while the new migrations have run. The old code makes a
database, the new code migrates it, and then both, one after the other, sell on it: hold, pay and
cancel. `.ci/previous_release` names the commit of the last release.
"""

import json
import os
import subprocess
import sys
import tarfile
import urllib.request
import uuid
from io import BytesIO
from pathlib import Path
from typing import Any

from benchmarks.machine import ROOT, free_port, served_as
from benchmarks.processes import Processes

CUSTOMER = {"email": "customer@demo.example", "password": "curtain-up-at-eight"}


def main() -> None:
    commit = (ROOT / ".ci" / "previous_release").read_text().split()[0]
    if subprocess.run(
        ["git", "cat-file", "-e", f"{commit}^{{commit}}"],
        cwd=ROOT,
        check=False,
        capture_output=True,
    ).returncode:
        print(f"The last release, {commit}, is not in this clone: its code was not tried.")
        return
    with Processes() as processes:
        old = processes.folder / "old"
        _extract(commit, old)
        environment = {
            **os.environ,
            "ENV_FILE": os.devnull,
            "DEBUG": "True",
            "SECRET_KEY": "a-secret-of-the-upgrade-that-is-long-enough-0123",
            "DATABASE_URL": processes.postgres(free_port()),
            "THROTTLE_LOGIN": "off",
            "LOG_LEVEL": "WARNING",
        }
        _manage(old, environment, "migrate", "--verbosity", "0")
        _manage(old, environment, "load_demo")
        _manage(ROOT, environment, "migrate", "--verbosity", "0")
        for name, code in (("old", old), ("new", ROOT)):
            sell(_serve(processes, name, code, environment))
            print(f"The {name} code holds, pays and cancels on the new schema.")
        _manage(ROOT, environment, "check_invariants")


def sell(port: int) -> None:
    """Hold seats of a show, pay, read the tickets, and cancel. Raises on any other answer."""
    client = Client(port)
    client.headers["Authorization"] = f"Bearer {client.post('users/login/', CUSTOMER)['access']}"
    shows = client.get("shows/?ordering=-start_time")["results"]
    show = next(show for show in shows if show["on_sale"] and show["available_seats"] > 4)
    seats = client.get(f"shows/{show['id']}/best-seats/?quantity=2")["seat_ids"]
    booking = client.post("bookings/", {"show_id": show["id"], "seat_ids": seats})
    assert booking["status"] == "pending", booking
    payment = client.post(f"bookings/{booking['id']}/payments/", {"payment_method": "pm_card_visa"})
    assert payment["status"] == "succeeded", payment
    tickets = client.get(f"bookings/{booking['id']}/tickets/")
    assert len(tickets) == 2, tickets
    cancelled = client.post(f"bookings/{booking['id']}/cancel/", {})
    assert cancelled["status"] == "cancelled", cancelled
    free = client.get(f"shows/{show['id']}/best-seats/?quantity=2")["seat_ids"]
    assert client.post("bookings/", {"show_id": show["id"], "seat_ids": free})["id"]


class Client:
    """A customer's program."""

    def __init__(self, port: int) -> None:
        self.api = f"http://127.0.0.1:{port}/api/"
        self.headers: dict[str, str] = {"Content-Type": "application/json"}

    def get(self, path: str) -> Any:
        return self._ask(path, None)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self._ask(path, json.dumps(body).encode())

    def _ask(self, path: str, body: bytes | None) -> Any:
        headers = {**self.headers, "Idempotency-Key": str(uuid.uuid4())}
        request = urllib.request.Request(self.api + path, body, headers)
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)


def _extract(commit: str, folder: Path) -> None:
    archive = subprocess.run(
        ["git", "archive", "--format=tar", commit], cwd=ROOT, check=True, stdout=subprocess.PIPE
    ).stdout
    with tarfile.open(fileobj=BytesIO(archive)) as files:
        files.extractall(folder, filter="data")


def _manage(code: Path, environment: dict[str, str], *arguments: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=code,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _serve(processes: Processes, name: str, code: Path, environment: dict[str, str]) -> int:
    port = free_port()
    processes.start(
        name,
        [sys.executable, "-m", *served_as().split(), "--port", str(port)],
        lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz/", timeout=5).close(),
        cwd=code,
        env=environment,
    )
    return port


if __name__ == "__main__":
    main()
