"""
A process that runs jobs, and kills itself at a given point.

`serve` reads jobs from its standard input, a line of JSON each, and answers with the exit code of
the process that it forked for it: -9 for one that was killed. Forking what is set up saves a second
for each death.
"""

import atexit
import json
import os
import pkgutil
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from functools import cache
from typing import Any
from unittest import mock

import stripe
from django.conf import settings
from django.db import connection
from django.test import override_settings
from rest_framework.test import APIClient

from bookings import checkout
from bookings.reconciliation import reconcile
from users.models import User
from users.tokens import start_session

SERVE = "import django; django.setup(); from bookings.tests.crashing import serve; serve()"


@cache
def mortal_process() -> subprocess.Popen[str]:
    """Start the process whose children die, once for all tests. Its start takes seconds."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "eventbooking_system.settings"}
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE], text=True, cwd=settings.BASE_DIR, env=environment,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    # The end of its input ends it.
    atexit.register(process.communicate)
    return process


def serve() -> None:
    stripe.HTTPClient.INITIAL_DELAY = 0.01
    # Load what a first request would.
    APIClient(SERVER_NAME="localhost").get("/api/problems/")
    for line in sys.stdin:
        child = os.fork()
        if not child:
            try:
                _run(json.loads(line))
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _run(job: dict[str, Any]) -> None:
    connection.settings_dict["NAME"] = job["database"]
    override_settings(**job["settings"]).enable()
    target = job["at"]
    deadly = _deadly(pkgutil.resolve_name(target), job["when"], job["call"])
    with mock.patch(target, deadly):
        act(job["do"], **job["arguments"])


def _deadly(original: Callable[..., Any], when: str, call: int) -> Callable[..., Any]:
    """Wrap a function so that its `call`th call kills the process."""
    calls = 0

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def deadly(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call and when == "before":
            die()
        result = original(*args, **kwargs)
        if calls == call:
            die()
        return result

    return deadly


def act(do: str, **arguments: Any) -> Any:
    """Run a request or a job of one of our processes."""
    return ACTS[do](**arguments)


def _post(*, user: int, path: str, body: dict[str, Any], key: str | None = None) -> Any:
    client = APIClient(raise_request_exception=False, SERVER_NAME="localhost")
    access = start_session(User.objects.get(pk=user)).access
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
    return client.post(path, body, "json", headers={"Idempotency-Key": key} if key else {})


def _webhook(*, body: str, signature: str) -> Any:
    return APIClient(SERVER_NAME="localhost").post(
        "/api/bookings/webhooks/stripe/", body, content_type="application/json",
        headers={"Stripe-Signature": signature},
    )  # fmt: skip


ACTS: dict[str, Callable[..., Any]] = {
    "post": _post,
    "webhook": _webhook,
    "expire": checkout.expire,
    "send_refunds": checkout.send_refunds,
    "reconcile": lambda: reconcile("stripe"),
}
