"""
The refusals of the system, and the table of their codes.

A `Problem` is one row of the contract's table of codes; `/api/problems/` prints them. A
`DomainError` is a refusal that a service raises; its `code` names the row, and its keyword
arguments become members of the RFC 9457 problem document.
"""

import random
from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext


@dataclass(frozen=True)
class Problem:
    code: str
    status: int
    title: str
    explanation: str

    @property
    def slug(self) -> str:
        return self.code.replace("_", "-")

    @property
    def type(self) -> str:
        return f"/api/problems/{self.slug}/"


PROBLEMS: dict[str, Problem] = {
    problem.code: problem
    for problem in (
        Problem("invalid", 400, "Invalid input", "`errors` names each field and what is wrong with it."),
        Problem("parse_error", 400, "Malformed request", "The body is not the JSON document that it should be."),
        Problem("idempotency_key_invalid", 400, "Invalid idempotency key", "An Idempotency-Key is 1 to 255 printable ASCII characters."),
        Problem("bad_request", 400, "Bad request", "The request itself, its host or its headers, cannot be understood."),
        Problem("not_authenticated", 401, "Login required", "Send an access token: `Authorization: Bearer <token>`."),
        Problem("authentication_failed", 401, "Login failed", "No active account has these credentials."),
        Problem("token_invalid", 401, "Invalid token", "The token is malformed, expired, used up or revoked. Log in again."),
        Problem("permission_denied", 403, "Not allowed", "The account lacks the permission for this."),
        Problem("not_found", 404, "Not found", "There is nothing here, or nothing that this account may see."),
        Problem("method_not_allowed", 405, "Method not allowed", "The `Allow` header lists what this path takes."),
        Problem("not_acceptable", 406, "Not acceptable", "The answer is not available in a type that `Accept` allows."),
        Problem("too_large", 413, "Body too large", "The body of a request is limited."),
        Problem("unsupported_media_type", 415, "Unsupported media type", "Bodies are `application/json`."),
        Problem("internal_error", 500, "Internal error", "The fault is ours; it has been logged under the request's id."),
    )
}  # fmt: skip


def soon() -> dict[str, str]:
    """
    Return a Retry-After of a few seconds.

    The seconds vary, so that clients do not all return at one moment.
    """
    return {"Retry-After": str(random.randint(1, 3))}


class DomainError(Exception):
    """A refusal with a stable code, a status and data. Subclasses are the rows of their app."""

    code: ClassVar[str]
    status: ClassVar[int] = 409
    title: ClassVar[str]
    headers: ClassVar[dict[str, str]] = {}
    # The JSON Schema of each member that the problem document has beside the usual ones.
    member_schemas: ClassVar[dict[str, dict[str, Any]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Enter the class in PROBLEMS; its docstring is the explanation."""
        super().__init_subclass__(**kwargs)
        if "title" in cls.__dict__:
            explanation = " ".join((cls.__doc__ or "").split())
            PROBLEMS[cls.code] = Problem(cls.code, cls.status, cls.title, explanation)

    def __init__(self, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.members = members


class InvalidField(DomainError):
    """A field whose value only a service can judge. The answer is a validation error."""

    code = "invalid"
    status = 400

    def __init__(self, field: str, detail: str, code: str = "invalid") -> None:
        super().__init__(detail, errors=[{"field": field, "code": code, "detail": detail}])


class NotFound(DomainError):
    """There is nothing here. A service raises it for a row that is gone once the lock is held."""

    code = "not_found"
    status = 404

    def __init__(self) -> None:
        super().__init__(gettext(PROBLEMS["not_found"].explanation))


class InUse(DomainError):
    """Something else depends on it, so it cannot be removed or changed."""

    code = "in_use"
    title = "In use"
    member_schemas = {
        "seats": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["row", "number"],
                "properties": {"row": {"type": "string"}, "number": {"type": "string"}},
            },
        },
        "seat_count": {"type": "integer"},
    }


class Busy(DomainError):
    """
    The system is overloaded, or a part of it is unavailable.

    Nothing was changed. Send the request again after the seconds that `Retry-After` gives.
    """

    code = "busy"
    status = 503
    title = "Busy"

    @property
    def headers(self) -> dict[str, str]:
        return soon()


class Throttled(DomainError):
    """Wait for the seconds that `Retry-After` gives."""

    code = "throttled"
    status = 429
    title = "Too many requests"

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail)
        self.headers = {"Retry-After": str(max(1, retry_after))}
