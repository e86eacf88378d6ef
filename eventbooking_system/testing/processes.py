"""Django in a process of its own, started with chosen environment variables."""

import json
import os
import subprocess
import sys
from typing import Any

from django.conf import settings

SECRET_KEY = "a-secret-of-the-tests-that-is-long-enough-0123456789"
PRODUCTION = {
    "SECRET_KEY": SECRET_KEY,
    "ALLOWED_HOSTS": "tickets.example.org",
    "DATABASE_URL": "postgres://booking:hunter2@127.0.0.1:1/tickets",
}
DEVELOPMENT = {"DEBUG": "True"}


def start(variables: dict[str, str], code: str = "") -> subprocess.CompletedProcess[str]:
    """Start Django and run the code. There are no other variables and no `.env`."""
    return run(variables, f"import django; django.setup()\n{code}")


def run(variables: dict[str, str], code: str) -> subprocess.CompletedProcess[str]:
    """Run Python code. There are no other variables and no `.env`, and warnings are errors."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        check=False,
        capture_output=True,
        text=True,
        cwd=settings.BASE_DIR,
        env={
            "DJANGO_SETTINGS_MODULE": "eventbooking_system.settings",
            "PATH": os.environ["PATH"],
            "ENV_FILE": os.devnull,
            **variables,
        },
    )


def settings_of(variables: dict[str, str], *names: str) -> list[Any]:
    """Return settings as a process with these variables reads them: `settings_of(VARIABLES, "s.DEBUG")`."""
    code = (
        "import json\nfrom django.conf import settings as s\n"
        f"print(json.dumps([{', '.join(names)}]))"
    )
    process = run(variables, code)  # Settings are read without the apps.
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)
