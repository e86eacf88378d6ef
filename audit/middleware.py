"""The safety net of the audit: no action of staff goes unrecorded."""

import json
import logging
import re
from collections.abc import Callable
from typing import Any

from django.db import Error
from django.http import HttpRequest, HttpResponse, RawPostDataException

from audit.models import Entry
from audit.recording import entries_of_request
from eventbooking_system.server.request_context import current_request_id, current_staff_id

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}
_NUMBER = re.compile(r"/[0-9]+/")
# The names in a larger body, such as a layout, say nothing.
_MAX_BODY = 100_000
_log = logging.getLogger(__name__)


class AuditMiddleware:
    """
    Records each successful, unsafe request of staff that recorded nothing itself.

    Such an entry names the operation and the fields that were sent, without their values. It is
    written after the transaction of the request, so services record what matters themselves.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        outer = entries_of_request.set(0)
        try:
            response = self.get_response(request)
            if _needs_entry(request, response):
                _write(request)
            return response
        finally:
            entries_of_request.reset(outer)


def _needs_entry(request: HttpRequest, response: HttpResponse) -> bool:
    if request.method in _SAFE_METHODS or entries_of_request.get():
        return False
    if current_staff_id.get() is None or response.headers.get("Idempotent-Replayed") == "true":
        return False
    # The admin answers a refused form, and a question before an action, with a page.
    is_page = not request.path.startswith("/api/")
    status = response.status_code
    has_succeeded = 300 <= status < 400 if is_page else 200 <= status < 400
    return has_succeeded and not _is_dry_run(request)


def _write(request: HttpRequest) -> None:
    match = request.resolver_match
    ids = [str(value) for value in match.kwargs.values()] if match else []
    try:
        Entry.objects.create(
            actor_id=current_staff_id.get(),
            action=_action(request),
            object_id="/".join(ids)[:64],
            changes=dict.fromkeys(_names(request)),
            request_id=current_request_id.get() or "",
        )
    except Error:
        # The action itself has been committed, so its answer must stand.
        _log.exception("audit entry not written: %s", _action(request))


def _action(request: HttpRequest) -> str:
    """Return the method and the path, with `id` for each number."""
    return f"{request.method} {_NUMBER.sub('/id/', request.path)}"[:100]


def _is_dry_run(request: HttpRequest) -> bool:
    return request.GET.get("dry_run") == "true" or _sent(request).get("dry_run") is True


def _names(request: HttpRequest) -> list[str]:
    """Return the names of the fields that were sent."""
    names = {str(name)[:50] for name in _sent(request)} - {"csrfmiddlewaretoken"}
    return sorted(names)[:50]


def _sent(request: HttpRequest) -> dict[str, Any]:
    if request.content_type != "application/json":
        return request.POST.dict()
    try:
        is_small = len(request.body) < _MAX_BODY
        document = json.loads(request.body) if is_small else None
    # A large body is read by the view, and only once.
    except (ValueError, RawPostDataException):
        document = None
    return document if isinstance(document, dict) else {}
