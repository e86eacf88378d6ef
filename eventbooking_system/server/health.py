"""Probes: whether the process is up, and whether it can serve."""

import logging

from django.db import Error, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from eventbooking_system.problems import ProblemResponse

log = logging.getLogger(__name__)
_DISK_FULL = "53100"


@csrf_exempt
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


@csrf_exempt
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """
    Answer 200 while the database is ready, 503 otherwise.

    It must take writes and have every migration.
    """
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
        is_read_only = connection.vendor == "postgresql" and _is_read_only()
    except Error as error:
        if getattr(error.__cause__, "pgcode", None) == _DISK_FULL:
            return _not_ready("the disk of the database is full")
        log.warning("database unreachable", exc_info=error)
        return _not_ready("database unreachable")
    if is_read_only:
        return _not_ready("database is read-only")
    if pending:
        return _not_ready("migrations pending")
    return JsonResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


def _is_read_only() -> bool:
    """Tell whether PostgreSQL refuses writes. Raises OperationalError if its disk is full."""
    # An exported snapshot is a small file, which is gone with the transaction. No table grows.
    export = "" if connection.in_atomic_block else ", pg_export_snapshot()"
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(f"SELECT current_setting('transaction_read_only') = 'on'{export}")
        return cursor.fetchone()[0]


def _not_ready(reason: str) -> HttpResponse:
    return ProblemResponse("busy", f"Not ready: {reason}.", {"Retry-After": "5"})
