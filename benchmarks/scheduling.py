"""
The time that scheduling takes.

A show of 12,851 seats is measured, and a week of 10,000 shows of 100 seats.

    python -m benchmarks.scheduling
"""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks.machine import ROOT, Postgres


def main() -> None:
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="booking-scheduling-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        postgres = Postgres(folder)
        stack.callback(postgres.stop)
        environment = {
            **os.environ,
            "ENV_FILE": os.devnull,
            "DEBUG": "False",
            "SECRET_KEY": secrets.token_urlsafe(48),
            "ALLOWED_HOSTS": "127.0.0.1",
            "DATABASE_URL": postgres.url(),
        }
        for arguments in (
            ["migrate", "--no-input", "--verbosity", "0"],
            ["shell", "--no-imports", "-c", "from benchmarks.week import week; week()"],
        ):
            command = [sys.executable, "manage.py", *arguments]
            subprocess.run(command, cwd=ROOT, env=environment, check=True)
        print(f"load average {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
