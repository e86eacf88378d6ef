"""Errors of the API as RFC 9457 problem documents."""

import math
from typing import Any

from django.http import HttpResponse
from rest_framework import exceptions

from eventbooking_system.errors import PROBLEMS
from eventbooking_system.problems import ProblemResponse, code_of_status, problem_of

# So that an answer is not larger than its request.
MAX_ERRORS = 100


def exception_handler(error: Exception, context: dict[str, Any]) -> HttpResponse:
    """Turn every error of the API into a problem document."""
    if not isinstance(error, exceptions.APIException):
        return problem_of(error)
    if isinstance(error, exceptions.ValidationError):
        errors = flattened(error.get_full_details())
        detail = errors[0]["detail"] if len(errors) == 1 else f"{len(errors)} fields are wrong."
        return ProblemResponse("invalid", detail, errors=errors[:MAX_ERRORS])
    if isinstance(error, exceptions.Throttled):
        wait = max(1, math.ceil(error.wait or 1))
        return ProblemResponse(
            "throttled", f"Try again in {wait} seconds.", {"Retry-After": str(wait)}
        )
    code = _code_of(error)
    detail = error.detail if isinstance(error.detail, str) else ""
    headers = {}
    if PROBLEMS[code].status == 401:
        headers["WWW-Authenticate"] = getattr(error, "auth_header", None) or 'Bearer realm="api"'
    return ProblemResponse(code, detail, headers)


def _code_of(error: exceptions.APIException) -> str:
    if isinstance(error.detail, dict):  # simplejwt's form of an error about a token.
        return "token_invalid"
    candidates = (str(error.get_codes()), error.default_code, code_of_status(error.status_code))
    return next(code for code in candidates if code in PROBLEMS)


def flattened(details: Any, path: str = "") -> list[dict[str, str]]:
    """
    Turn DRF's nested details into rows of field, code and detail.

    A field is a dotted path, or empty.
    """
    if isinstance(details, dict):
        if details.keys() == {"message", "code"} and isinstance(details["message"], str):
            return [{"field": path, "code": details["code"], "detail": str(details["message"])}]
        rows = []
        for key, value in details.items():
            name = "" if key == "non_field_errors" else str(key)
            rows += flattened(value, ".".join(part for part in (path, name) if part))
        return rows
    rows = []
    for index, detail in enumerate(details):
        is_row = detail.keys() == {"message", "code"}
        rows += flattened(detail, path if is_row else f"{path}.{index}".lstrip("."))
    return rows
