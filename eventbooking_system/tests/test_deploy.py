"""The deployment examples, the README, and hashes of locked requirements."""

import os
import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVE = re.search(r"(?m)^\| serve \| `([^`]+)`", (ROOT / "README.md").read_text()).group(1)


def test_the_systemd_unit_runs_the_serve_command_of_the_readme():
    unit = (ROOT / "deploy/systemd/booking-web.service").read_text()
    (command,) = re.findall(r"(?m)^ExecStart=\S+ -m (.*)$", unit)
    assert command == f"{SERVE} --host 127.0.0.1 --port 8000"


def test_the_container_runs_the_serve_command_of_the_readme():
    dockerfile = (ROOT / "deploy/Dockerfile").read_text()
    (command,) = re.findall(r"(?m)^CMD \[(.*)\]$", dockerfile)
    words = [word.strip(' "') for word in command.split(",")]
    assert words == ["python", "-m", *shlex.split(SERVE), "--host", "0.0.0.0", "--port", "8000"]


def test_the_examples_limit_the_heaps_of_a_process():
    unit = (ROOT / "deploy/systemd/booking-web.service").read_text()
    assert "\nEnvironment=MALLOC_ARENA_MAX=2\n" in unit
    assert "\nENV MALLOC_ARENA_MAX=2\n" in (ROOT / "deploy/Dockerfile").read_text()


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_locked_requirement_has_a_hash(name):
    text = (ROOT / name).read_text().replace("\\\n", " ")
    pinned = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    assert pinned and all("==" in line and "--hash=sha256:" in line for line in pinned)


def test_make_run_says_in_one_sentence_that_its_port_is_in_use():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        # A make above this one would have it print more.
        environment = {k: v for k, v in os.environ.items() if k not in {"MAKELEVEL", "MAKEFLAGS"}}
        ended = subprocess.run(
            ["make", "run", f"PORT={port}", f"VENV={sys.prefix}",
             "-o", f"{sys.prefix}/server.stamp", "-o", f"{sys.prefix}/bin/python", "-o", ".env"],
            cwd=ROOT, capture_output=True, text=True, check=False, env=environment,
        )  # fmt: skip
    assert ended.returncode != 0 and ended.stdout == ""
    assert ended.stderr.splitlines()[0] == (
        f"Port {port} is in use: stop the server there, or use 'make run PORT=8001'."
    )
