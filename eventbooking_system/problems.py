"""Problem documents (RFC 9457) for all errors, and their pages."""

import logging
import re
from typing import Any

from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from eventbooking_system.errors import PROBLEMS, DomainError, soon

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"


def problem_document(code: str, detail: str, **members: Any) -> dict[str, Any]:
    problem = PROBLEMS[code]
    return {
        "type": problem.type,
        "title": gettext(problem.title),
        "status": problem.status,
        "code": code,
        "detail": detail,
        **members,
    }


class ProblemResponse(JsonResponse):
    """
    A problem document as JSON (RFC 9457, section 3).

    The client's Accept header changes nothing.
    """

    def __init__(
        self,
        code: str,
        detail: str = "",
        headers: dict[str, str] | None = None,
        **members: Any,
    ) -> None:
        self.document = problem_document(
            code, detail or gettext(PROBLEMS[code].explanation), **members
        )
        super().__init__(
            self.document,
            status=self.document["status"],
            headers={**(headers or {}), "Cache-Control": "no-store"},
            content_type=MEDIA_TYPE,
        )


class ProblemPage(HttpResponse):
    """A problem as an HTML page, for a person with a browser."""

    def __init__(self, request: HttpRequest, problem: ProblemResponse) -> None:
        text = render_to_string("problems/error.html", {"problem": problem.document}, request)
        super().__init__(text, status=problem.status_code)
        for name in ("Cache-Control", "Retry-After"):
            if problem.has_header(name):
                self[name] = problem[name]
        patch_vary_headers(self, ["Accept"])


def for_browser(request: HttpRequest, problem: ProblemResponse) -> HttpResponse:
    """Return the problem, as a page for browsers."""
    return ProblemPage(request, problem) if _is_for_a_person(request) else problem


def _is_for_a_person(request: HttpRequest) -> bool:
    return request.method == "GET" and "text/html" in request.headers.get("Accept", "")


def problem_of(exception: Exception) -> ProblemResponse:
    """Turn an exception that Django or a service raised into an answer."""
    match exception:
        case DomainError():
            return ProblemResponse(
                exception.code, exception.detail, exception.headers, **exception.members
            )
        case Http404():
            return ProblemResponse("not_found")
        case PermissionDenied():
            return ProblemResponse("permission_denied")
        case RequestDataTooBig():
            return ProblemResponse("too_large")
        case SuspiciousOperation() | BadRequest() | UnreadablePostError():
            return ProblemResponse("bad_request")
        case OperationalError() if is_contention(exception):
            return ProblemResponse("busy", headers=soon())
        case IntegrityError() if is_vanished(exception):
            return ProblemResponse("busy", headers=soon())
        case DatabaseError() if is_outage(exception):
            log.error("database unreachable", exc_info=exception)
            return ProblemResponse("busy", headers=soon())
        case DatabaseError() | InterfaceError() if is_lost(exception):
            log.error("connection to the database lost", exc_info=exception)
            detail = (
                "The connection to the database was lost. It is not known whether anything was "
                "changed. Send the same request again, with its idempotency key if it had one."
            )
            return ProblemResponse("busy", detail, soon())
    log.error("unhandled exception", exc_info=exception)
    return ProblemResponse("internal_error")


# https://www.postgresql.org/docs/current/errcodes-appendix.html: lock not available, deadlock,
# serialization failure, query cancelled by statement_timeout.
_CONTENTION = {"55P03", "40P01", "40001", "57014"}


# A server that stops or starts, is read-only, or is out of disk space, memory or connections.
_NOT_SERVING = {"57P01", "57P02", "57P03", "25006", "53100", "53200", "53300"}


def is_contention(error: OperationalError) -> bool:
    """
    Return whether other transactions were in the way.

    A retry may then succeed.
    """
    return getattr(error.__cause__, "pgcode", None) in _CONTENTION or "is locked" in str(error)


def is_vanished(error: IntegrityError) -> bool:
    """Return whether a row that the write needs was just deleted."""
    is_foreign_key = getattr(error.__cause__, "pgcode", None) == "23503"
    return is_foreign_key or "FOREIGN KEY" in str(error)


def is_outage(error: DatabaseError) -> bool:
    """
    Return whether the database is unavailable.

    It takes no connection or no writes, so nothing was changed. A connection that is lost in the
    middle does not count, as its transaction may have committed.
    """
    # libpq's message whenever it cannot connect, also because of too many connections.
    is_refused = "connection to server" in str(error)
    return is_refused or getattr(error.__cause__, "pgcode", None) in _NOT_SERVING


# The messages of libpq and psycopg2 about a broken connection. There is no SQLSTATE for it.
_LOST = re.compile(
    r"connection.*closed|closed.*connection|no connection to the server|lost synchronization"
    r"|(receive data from|send data to) server|SSL (SYSCALL )?error"
)


def is_lost(error: DatabaseError | InterfaceError) -> bool:
    """Return whether the connection broke, so that a commit is uncertain."""
    has_code = getattr(error.__cause__, "pgcode", None) is not None
    return not has_code and _LOST.search(str(error)) is not None


_CODE_OF_STATUS = {
    401: "not_authenticated",
    403: "permission_denied",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "too_large",
    415: "unsupported_media_type",
    429: "throttled",
    503: "busy",
}


def code_of_status(status: int) -> str:
    """Return the code that says no more than the status does."""
    return _CODE_OF_STATUS.get(status, "bad_request" if status < 500 else "internal_error")


def as_problem(response: HttpResponse) -> HttpResponse:
    """
    Turn an error page of a library into a problem.

    The pages of Django's DEBUG mode are such pages, too.
    """
    if response.status_code < 400 or isinstance(response, ProblemPage):
        return response
    if response.get("Content-Type", "").startswith(MEDIA_TYPE):
        return response
    problem = ProblemResponse(code_of_status(response.status_code))
    for name, value in response.items():
        if not name.lower().startswith("content-"):
            problem.setdefault(name, value)
    if problem.status_code in (429, 503):
        problem.setdefault("Retry-After", "60")
    return problem


@csrf_exempt
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    problems = sorted(PROBLEMS.values(), key=lambda problem: (problem.status, problem.code))
    return render(request, "problems/index.html", {"problems": problems})


@csrf_exempt
@require_safe
def page(request: HttpRequest, slug: str) -> HttpResponse:
    problem = PROBLEMS.get(slug.replace("-", "_"))
    if problem is None or slug != problem.slug:
        raise Http404
    return render(request, "problems/page.html", {"problem": problem})


@csrf_exempt
def api_root(request: HttpRequest) -> HttpResponse:
    """Lead a browser from the API's root to its documentation. There is no such resource."""
    if _is_for_a_person(request):
        return render(request, "problems/api_root.html")
    return not_found(request)


@csrf_exempt
def not_found(request: HttpRequest) -> HttpResponse:
    """Answer an unknown path with a problem, also with DEBUG."""
    detail = "There is nothing here."
    if not request.path.endswith("/"):
        detail += " Paths end in a slash."
    problem = ProblemResponse("not_found", detail)
    return problem if request.path.startswith("/api/") else for_browser(request, problem)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return ProblemResponse("permission_denied", f"CSRF check failed: {reason}")
