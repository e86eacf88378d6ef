"""A Redis for tests: at TEST_REDIS_URL, or started for them."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# A port at which no server listens.
NOBODY = "redis://127.0.0.1:1/0"
THERE_IS_REDIS = bool(shutil.which("redis-server") or os.environ.get("TEST_REDIS_URL"))


@contextmanager
def running_redis(folder: Path) -> Iterator[str]:
    if not shutil.which("redis-server"):
        yield os.environ["TEST_REDIS_URL"]
        return
    port = _free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    server = subprocess.Popen([*command, "--dir", str(folder)], stdout=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(timeout=10)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def _wait_for(port: int) -> None:
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError
