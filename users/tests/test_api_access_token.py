"""Access tokens in the header of a request."""

import base64
import hmac
import json
import time
import uuid

import pytest
from rest_framework_simplejwt.exceptions import TokenError

from users.errors import TokenInvalid
from users.tests.factories import UserFactory
from users.tokens import (
    MAX_TOKEN_LENGTH,
    Bearer,
    SessionAccessToken,
    bearer_of,
    start_session,
    verified_bearer,
)

pytestmark = pytest.mark.django_db


def _signed(claims: dict, key: str, header: str = '{"alg":"HS256","typ":"JWT"}') -> str:
    """Return a token made by hand."""
    parts = [header.encode(), json.dumps(claims).encode()]
    text = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    digest = hmac.digest(key.encode(), text, "sha256")
    return (text + b"." + base64.urlsafe_b64encode(digest).rstrip(b"=")).decode()


def test_only_a_token_with_our_signature_and_claims_is_accepted(api, settings):
    """Each fault alone is refused. Faults are in the key, header, claims, time or text."""
    claims = _claims_of(start_session(UserFactory()).access)
    good = {**claims, "exp": int(time.time()) + 60, "jti": "1"}
    del good["iat"]

    def status(token: str) -> int:
        return api.get("/api/users/me/", HTTP_AUTHORIZATION=f"Bearer {token}").status_code

    key = settings.SECRET_KEY
    assert status(_signed(good, key)) == 200
    bad = [
        _signed(good, key + "x"),
        _signed(good, ""),
        _signed(good, key, '{"alg":"none","typ":"JWT"}'),
        _signed(good, key, '{"alg":"HS512","typ":"JWT"}'),
        _signed({**good, "token_type": "refresh"}, key),
        _signed({**good, "exp": int(time.time()) - 1}, key),
        _signed({**good, "session": str(uuid.uuid4())}, key),
        _signed({**good, "session": "1"}, key),
        _signed({**good, "user_id": str(UserFactory().pk)}, key),
        _signed({**good, "user_id": "x"}, key),
        *(_signed({**good, name: None}, key) for name in good if name != "jti"),
        *(_signed({k: v for k, v in good.items() if k != name}, key) for name in good),
        _signed([], key),
        _signed(good, key)[:-2],
        _signed(good, key) + "é",
        _signed(good, key).replace(".", "", 1),
        "..", ".", "", "é.é.é",
    ]  # fmt: skip
    assert {status(token) for token in bad} == {401}


def test_a_token_is_verified_as_the_library_verifies_it():
    for user in UserFactory.create_batch(3):
        access = start_session(user).access
        token = SessionAccessToken(access)
        expected = Bearer(token.user_id, token.session_id), token["exp"]
        assert verified_bearer.__wrapped__(access) == expected
    with pytest.raises(TokenError):
        SessionAccessToken(access[:-1])
    with pytest.raises(TokenInvalid):
        verified_bearer(access[:-1])


def _claims_of(access: str) -> dict:
    payload = access.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=="))


def test_a_cookie_does_not_replace_a_bad_token(client):
    client.force_login(UserFactory())
    assert client.get("/api/users/me/").status_code == 200
    for path in ("/api/users/me/", "/api/bookings/"):
        answer = client.get(path, headers={"authorization": "Bearer nonsense"})
        assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")
    assert client.post("/api/bookings/", headers={"authorization": "Bearer x"}).status_code == 401


def test_a_long_token_is_refused_before_it_is_read_or_kept(api):
    signed = _signed({"token_type": "access", "padding": "x" * MAX_TOKEN_LENGTH}, "y" * 32)
    before = verified_bearer.cache_info()
    for text in ("x" * (MAX_TOKEN_LENGTH + 1), signed, "x" * 300_000):
        response = api.get("/api/users/me/", HTTP_AUTHORIZATION=f"Bearer {text}")
        assert response.json()["code"] == "token_invalid"
    assert verified_bearer.cache_info() == before


def test_the_cache_of_tokens_keeps_only_tokens_with_our_signature(api):
    good = start_session(UserFactory()).access
    bearer_of(good)
    before = verified_bearer.cache_info().currsize
    for n in range(50):
        api.get("/api/users/me/", HTTP_AUTHORIZATION=f"Bearer {good[:-4]}{n:04}")
    assert verified_bearer.cache_info().currsize == before
