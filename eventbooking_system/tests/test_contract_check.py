"""The comparison of answers with the OpenAPI document finds what differs."""

import pytest
from django.http import HttpResponse, JsonResponse
from rest_framework.response import Response

from eventbooking_system.problems import ProblemResponse
from eventbooking_system.testing.contract import contract

GENRES = "/api/events/genres/"
PAGE = {"count": 1, "next": None, "previous": None, "results": [{"id": 1, "name": "Noir"}]}


def fault(response: HttpResponse, path: str = GENRES) -> str:
    return contract().fault("GET", path, response)


def test_an_answer_as_the_document_has_it_has_no_fault():
    assert fault(JsonResponse(PAGE)) == ""
    assert fault(ProblemResponse("throttled")) == ""
    assert fault(ProblemResponse("not_found"), "/api/nothing/") == ""


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"count": "1"}, "count"),
        ({"results": [{"id": 1}]}, "results.0"),
        ({"results": [{"id": 1, "name": None}]}, "results.0.name"),
        ({"results": [{"id": 1, "name": "Noir", "slug": "noir"}]}, "results.0"),
    ],
)
def test_a_wrong_member_is_named_by_its_place(change, place):
    assert fault(JsonResponse({**PAGE, **change})).startswith(f"{place}: ")


def test_contract_check_reports_undocumented_answers():
    assert "no 201" in fault(JsonResponse(PAGE, status=201))
    assert "no 409" in fault(ProblemResponse("seats_unavailable"))
    assert "not 'text/plain'" in fault(HttpResponse("noir", content_type="text/plain"))
    assert "was unexpected" in fault(ProblemResponse("throttled", wait=3))
    assert "is not one of" in fault(JsonResponse(
        {**ProblemResponse("throttled").document, "code": "slow_down"},
        status=429, content_type="application/problem+json",
    ))  # fmt: skip


@pytest.mark.django_db
def test_every_request_of_a_test_is_compared(api, monkeypatch):
    monkeypatch.setattr("events.views.GenreViewSet.list", lambda *_, **__: Response({}))
    with pytest.raises(AssertionError, match="required property"):
        api.get(GENRES, {"page_size": 7})
