"""Assertions about error answers."""

from typing import Any

MEMBERS = {"type", "title", "status", "code", "detail"}


def assert_problem(
    response: Any, status: int, code: str, field: str | None = None
) -> dict[str, Any]:
    """
    Assert that the response is this problem document, and return the document.

    `field` is one of those that a validation error must name.
    """
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    assert response["X-Request-ID"]
    text = response.content.decode()
    assert "hunter2" not in text, "a secret of the test is in the answer"
    assert "Traceback" not in text
    document = response.json()
    assert document.keys() >= MEMBERS
    assert (document["status"], document["code"]) == (status, code), document
    assert document["type"] == f"/api/problems/{code.replace('_', '-')}/"
    assert document["title"] and document["detail"]
    if field is not None:
        assert field in [error["field"] for error in document["errors"]], document
    return document


def fields_in_error(response: Any) -> list[str]:
    """Assert a validation error, and return its fields in order."""
    errors = assert_problem(response, 400, "invalid")["errors"]
    return [error["field"] for error in errors]
