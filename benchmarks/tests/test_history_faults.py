"""The faults of a history, and the restarts after them."""

import random
import signal
import sys
import time

from benchmarks import history_faults
from benchmarks.history_faults import Faults
from benchmarks.processes import Processes


def test_restart_kills_a_process_and_starts_it_again():
    with Processes() as processes:
        command = [sys.executable, "-c", "import time; time.sleep(60)"]
        first = processes.start("program", command, lambda: None)
        second = processes.restart("program", signal.SIGKILL)
        assert first.returncode == -signal.SIGKILL
        assert second.poll() is None
    assert second.returncode == -signal.SIGTERM


def test_faults_counts_only_what_it_broke(monkeypatch):
    monkeypatch.setattr(history_faults, "EVERY_SECONDS", 0.01)
    killed = []
    faults = Faults(random.Random(1), server=0, url="postgres://127.0.0.1:1/none")
    faults.add_all(worker=lambda: killed.append("worker"))
    faults.work(time.monotonic() + 0.5)
    assert dict(faults.done) == {"worker": len(killed)}
    assert killed
