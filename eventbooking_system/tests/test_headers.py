"""Tests of security headers and CORS."""

import pytest
from django.test import Client

PATHS = ["/healthz/", "/api/problems/", "/nothing/", "/api/schema/", "/api/docs/", "/admin/login/"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", PATHS)
def test_every_answer_has_the_security_headers(client, path):
    response = client.get(path)
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"


@pytest.mark.django_db
def test_hsts_is_sent_in_production(settings):
    settings.SECURE_HSTS_SECONDS = 31536000
    settings.TRUSTED_PROXIES = 1
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    client = Client()
    secure = client.get("/healthz/", headers={"x-forwarded-proto": "https"})
    assert secure["Strict-Transport-Security"].startswith("max-age=31536000")
    assert "Strict-Transport-Security" not in client.get("/healthz/")


@pytest.fixture
def app(settings) -> str:
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example.org"]
    return "https://app.example.org"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/events/", "/api/nothing/", "/api/bookings/"])
def test_an_allowed_origin_may_read_answers_and_errors(client, app, path):
    response = client.get(path, headers={"origin": app})
    assert response["Access-Control-Allow-Origin"] == app
    exposed = response["Access-Control-Expose-Headers"]
    assert {"Date", "ETag", "Retry-After", "X-Request-ID"} <= set(exposed.split(", "))
    assert "Access-Control-Allow-Credentials" not in response


@pytest.mark.django_db
def test_another_origin_may_not_read_answers(client, app):
    response = client.get("/api/events/", headers={"origin": "https://evil.example.org"})
    assert "Access-Control-Allow-Origin" not in response


def test_a_preflight_lets_the_headers_of_the_api_through(client, app):
    response = client.options(
        "/api/bookings/",
        headers={
            "origin": app,
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization, idempotency-key",
        },
    )
    assert response.status_code == 200
    allowed = response["Access-Control-Allow-Headers"]
    assert {"authorization", "idempotency-key", "if-none-match"} <= set(allowed.split(", "))


@pytest.mark.django_db
def test_a_refusal_before_any_view_can_be_read_by_an_allowed_origin(client, app, settings):
    response = client.post("/api/bookings/", headers={"origin": app}, CONTENT_LENGTH="99999999")
    assert response.status_code == 413
    assert response["Access-Control-Allow-Origin"] == app
