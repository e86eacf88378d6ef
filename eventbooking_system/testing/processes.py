"""Django in a process of its own, started with chosen environment variables."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from django.conf import settings

SECRET_KEY = "a-secret-of-the-tests-that-is-long-enough-0123456789"
PRODUCTION = {
    "SECRET_KEY": SECRET_KEY,
    "ALLOWED_HOSTS": "tickets.example.org",
    "DATABASE_URL": "postgres://booking:hunter2@127.0.0.1:1/tickets",
}
DEVELOPMENT = {"DEBUG": "True"}
# Modules that the settings import are loaded once. Each fork reads the settings anew.
_FORKS = """
import json, os, sys, traceback
import django.conf, django.urls, django.utils.log
import eventbooking_system.environment
import eventbooking_system.server.logs
import eventbooking_system.signing_keys
ends = []
for variables in json.load(sys.stdin):
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.dup2(write, 2)
        os.environ.update(variables)
        try:
            django.setup()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    os.close(write)
    with open(read) as errors:
        text = errors.read()
    ends.append([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), text])
print(json.dumps(ends))
"""


def start(variables: dict[str, str], code: str = "") -> subprocess.CompletedProcess[str]:
    """Start Django and run the code. There are no other variables and no `.env`."""
    return run(variables, f"import django; django.setup()\n{code}")


def start_each(cases: Sequence[dict[str, str]]) -> list[tuple[int, str]]:
    """Start Django with each of these sets of variables. Return the exit codes and the errors."""
    process = run({}, _FORKS, json.dumps(cases))
    assert process.returncode == 0, process.stderr
    return [(code, errors) for code, errors in json.loads(process.stdout)]


def run(variables: dict[str, str], code: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run Python code. There are no other variables and no `.env`, and warnings are errors."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        input=given,
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
