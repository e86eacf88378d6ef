"""Headers of answers with tokens and personal data."""

import pytest

from users.tests.factories import PASSWORD, UserFactory
from users.tokens import start_session

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("post", "login/", {"email": "asha@example.org", "password": PASSWORD}, 200),
        ("post", "register/", {"email": "b@example.org", "password": PASSWORD}, 201),
        ("get", "me/", None, 200),
        ("get", "me/export/", None, 200),
        ("get", "/api/bookings/", None, 200),
    ],
)
def test_answers_with_tokens_or_personal_data_are_stored_nowhere(login, method, path, body, status):
    client = login(UserFactory(email="asha@example.org"))
    path = path if path.startswith("/") else f"/api/users/{path}"
    answer = getattr(client, method)(path, body)
    assert answer.status_code == status
    assert "no-store" in answer["Cache-Control"]


def test_refreshed_tokens_are_stored_nowhere(api):
    tokens = start_session(UserFactory())
    answer = api.post("/api/users/token/refresh/", {"refresh": tokens.refresh})
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"


def test_the_public_catalogue_may_still_be_cached(api):
    answer = api.get("/api/shows/")
    assert "public" in answer["Cache-Control"] and "no-store" not in answer["Cache-Control"]
