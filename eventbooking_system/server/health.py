"""Probes: whether the process is up, and whether it can serve."""

import logging

from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from eventbooking_system.problems import ProblemResponse

log = logging.getLogger(__name__)


@csrf_exempt
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


@csrf_exempt
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 once the database answers and has every migration, 503 otherwise."""
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Error as error:
        log.warning("database unreachable", exc_info=error)
        return _not_ready("database unreachable")
    if pending:
        return _not_ready("migrations pending")
    return JsonResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


def _not_ready(reason: str) -> HttpResponse:
    return ProblemResponse("busy", f"Not ready: {reason}.", {"Retry-After": "5"})
