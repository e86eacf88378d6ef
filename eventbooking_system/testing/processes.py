"""Django in a process of its own, started with chosen environment variables."""

import atexit
import json
import os
import subprocess
import sys
from functools import cache
from typing import Any

from django.conf import settings

SECRET_KEY = "a-secret-of-the-tests-that-is-long-enough-0123456789"
PRODUCTION = {
    "SECRET_KEY": SECRET_KEY,
    "ALLOWED_HOSTS": "tickets.example.org",
    "DATABASE_URL": "postgres://booking:hunter2@127.0.0.1:1/tickets",
}
DEVELOPMENT = {"DEBUG": "True"}
# To load packages takes most of a start, so it is done once. None of these reads the settings.
_FORKS = """
import json, os, sys, tempfile, traceback
import django.contrib.admin, django.urls, rest_framework.fields
import icalendar, PIL.Image, psycopg2, redis, reportlab.pdfgen.canvas, stripe, structlog
import eventbooking_system.environment
import eventbooking_system.server.logs
import eventbooking_system.signing_keys

def run(variables, code):
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        child = os.fork()
        if not child:
            os.dup2(out.fileno(), 1)
            os.dup2(errors.fileno(), 2)
            os.environ.update(variables)
            status = 1
            try:
                exec(code, {"__name__": "__main__"})
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(status)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        out.seek(0)
        errors.seek(0)
        return status, out.read().decode(), errors.read().decode()

for line in sys.stdin:
    print(json.dumps(run(*json.loads(line))), flush=True)
"""


def start(variables: dict[str, str], code: str = "") -> subprocess.CompletedProcess[str]:
    """Start Django and run the code. There are no other variables and no `.env`."""
    return run(variables, f"import django; django.setup()\n{code}")


def run(variables: dict[str, str], code: str) -> subprocess.CompletedProcess[str]:
    """
    Run Python code in a fork that has not read any settings.

    There are no other variables and no `.env`, and warnings are errors.
    """
    server = _server()
    server.stdin.write(json.dumps([variables, code]) + "\n")
    server.stdin.flush()
    answer = server.stdout.readline()
    assert answer, "the process that forks has ended"
    return subprocess.CompletedProcess([], *json.loads(answer))


def settings_of(variables: dict[str, str], *names: str) -> list[Any]:
    """Return settings as a process with these variables reads them: `settings_of(VARIABLES, "s.DEBUG")`."""
    code = (
        "import json\nfrom django.conf import settings as s\n"
        f"print(json.dumps([{', '.join(names)}]))"
    )
    process = run(variables, code)  # Settings are read without the apps.
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)


@cache
def _server() -> subprocess.Popen[str]:
    """Start the process that forks. It lasts as long as this one."""
    server = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", _FORKS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=settings.BASE_DIR,
        env={
            "DJANGO_SETTINGS_MODULE": "eventbooking_system.settings",
            "PATH": os.environ["PATH"],
            "ENV_FILE": os.devnull,
        },
    )
    atexit.register(server.communicate)
    return server
