"""Tests of the start with right and wrong environment variables."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import caches

from eventbooking_system.cache.backends import LocalCache
from eventbooking_system.testing.processes import (
    DEVELOPMENT,
    PRODUCTION,
    SECRET_KEY,
    settings_of,
    start,
)

WRONG = [
    ("SECRET_KEY", ""),
    ("SECRET_KEY", "change-me"),
    ("SECRET_KEY", settings.DEVELOPMENT_SECRET_KEY),
    ("SECRET_KEY", "too-short"),
    ("DEBUG", "perhaps"),
    ("ALLOWED_HOSTS", "https://tickets.example.org"),
    ("CSRF_TRUSTED_ORIGINS", "tickets.example.org"),
    ("CORS_ALLOWED_ORIGINS", "*"),
    ("TRUSTED_PROXIES", "-1"),
    ("HTTPS", "mostly"),
    ("LOG_LEVEL", "LOUD"),
    ("ADMIN_TIME_ZONE", "Mumbai"),
    ("DATABASE_URL", "postgres://booking:hunter2@127.0.0.1:port/tickets"),
    ("DATABASE_REPLICA_URL", "mysql://booking:hunter2@127.0.0.1/tickets"),
    ("CACHE_URL", "redis://:hunter2@/0"),
    ("EMAIL_URL", "smtp://booking:hunter2@mail.example.org:port"),
    ("DEFAULT_FROM_EMAIL", "nobody"),
    ("FRONTEND_URL", "tickets.example.org"),
    ("SMS_PROVIDER", "pigeon"),
    ("METRICS_TOKEN", "short"),
    ("TASKS", "celery"),
    ("BOOKINGS_HOLD_SECONDS", "0"),
    ("BOOKINGS_MAX_SEATS", "ten"),
    ("TICKET_SIGNING_KEYS", "A1:hunter2"),
    ("CHECK_IN_OPENS_MINUTES", "-1"),
    ("THROTTLE_ANON", "many"),
    ("THROTTLE_USER", "60"),
    ("THROTTLE_LOGIN", "10/decade"),
    ("THROTTLE_BOOKING", "0/min"),
    ("PAYMENT_PROVIDER", "sandbox"),
    ("PAYMENT_PROVIDER", "gold"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_stops_the_start_and_is_named(name, value):
    process = start({**PRODUCTION, name: value})
    assert process.returncode == 1
    assert process.stderr.splitlines()[-1].startswith(
        f"django.core.exceptions.ImproperlyConfigured: {name}: "
    )
    assert "hunter2" not in process.stderr


def test_the_sandbox_without_debug_is_asked_for_twice_and_has_a_secret():
    sandbox = {**PRODUCTION, "PAYMENT_PROVIDER": "sandbox", "ALLOW_SANDBOX_PAYMENTS": "True"}
    assert "SANDBOX_WEBHOOK_SECRET: " in start(sandbox).stderr
    assert start({**sandbox, "SANDBOX_WEBHOOK_SECRET": "0123456789abcdef"}).returncode == 0


def test_the_example_starts(tmp_path):
    example = (settings.BASE_DIR / ".env.example").read_text()
    path = tmp_path / "env"
    path.write_text(example)
    process = start({"ENV_FILE": str(path)})
    assert (process.returncode, process.stderr) == (0, "")


def test_the_example_has_every_variable_that_is_read():
    sources = [
        path.read_text()
        for path in Path(settings.BASE_DIR).glob("[!.]*/**/*.py")
        if "tests" not in path.relative_to(settings.BASE_DIR).parts
    ]
    read = set(re.findall(r'\b(?:env\.[a-z_]+|signing_keys)\(\s*"([A-Z_]+)"', "\n".join(sources)))
    example = (settings.BASE_DIR / ".env.example").read_text()
    assert set(re.findall(r"^#? ?([A-Z_]+)=", example, re.MULTILINE)) == read - {"ENV_FILE"}


def test_a_malformed_file_stops_the_start(tmp_path):
    path = tmp_path / "env"
    path.write_text("DEBUG True\n")
    assert "line 1 is not NAME=value" in start({"ENV_FILE": str(path)}).stderr


def test_the_environment_wins_over_the_file(tmp_path):
    path = tmp_path / "env"
    path.write_text(f"SECRET_KEY={SECRET_KEY}\nBOOKINGS_MAX_SEATS=4\nBOOKINGS_HOLD_SECONDS=60\n")
    variables = {"ENV_FILE": str(path), "BOOKINGS_MAX_SEATS": "6"}
    assert settings_of(variables, "s.BOOKINGS_MAX_SEATS", "s.BOOKINGS_HOLD_SECONDS") == [6, 60]


def test_production_is_closed_where_development_is_open():
    names = ["s.DEBUG", "s.PAYMENT_PROVIDER", "s.SESSION_COOKIE_SECURE", "s.SECURE_HSTS_SECONDS"]
    assert settings_of(PRODUCTION, *names) == [False, "none", True, 31536000]
    assert settings_of(DEVELOPMENT, *names) == [True, "sandbox", False, 0]
    assert settings_of(PRODUCTION, "s.ALLOWED_HOSTS") == [["tickets.example.org"]]


def test_off_switches_a_throttle_off():
    rates = settings_of(
        {**PRODUCTION, "THROTTLE_ANON": "off"}, "s.REST_FRAMEWORK['DEFAULT_THROTTLE_RATES']['anon']"
    )
    assert rates == [None]


def test_postgres_gives_up_on_locks_and_slow_statements():
    (database,) = settings_of(PRODUCTION, "s.DATABASES['default']")
    assert "lock_timeout=3000" in database["OPTIONS"]["options"]
    assert database["CONN_HEALTH_CHECKS"] is True
    assert database["CONN_MAX_AGE"] == 600


def test_behind_a_pooler_nothing_is_set_that_it_would_refuse():
    pooled = {**PRODUCTION, "DATABASE_POOLED": "True"}
    [database] = settings_of(pooled, "s.DATABASES['default']")
    assert "options" not in database["OPTIONS"]
    assert database["DISABLE_SERVER_SIDE_CURSORS"] is True


def test_writers_are_remembered_where_there_is_a_replica():
    name = "'eventbooking_system.db.replica.RememberWritersMiddleware' in s.MIDDLEWARE"
    replicated = {**PRODUCTION, "DATABASE_REPLICA_URL": PRODUCTION["DATABASE_URL"]}
    assert settings_of(replicated, name) == [True]
    assert settings_of(PRODUCTION, name) == [False]


def test_the_url_may_say_more_about_connections():
    url = f"{PRODUCTION['DATABASE_URL']}?conn_max_age=0&disable_server_side_cursors=True"
    (database,) = settings_of({**PRODUCTION, "DATABASE_URL": url}, "s.DATABASES['default']")
    assert (database["CONN_MAX_AGE"], database["DISABLE_SERVER_SIDE_CURSORS"]) == (0, True)


@pytest.mark.parametrize("variables", [PRODUCTION, DEVELOPMENT], ids=["production", "development"])
def test_valid_values_start_and_nothing_warns_where_static_files_were_not_collected(variables):
    """A missing folder of static files makes whitenoise warn."""
    process = start(variables, "from eventbooking_system.wsgi import application")
    assert (process.returncode, process.stderr) == (0, "")


def test_long_paths_are_not_cached():
    """Anybody could fill the memory with thousands of long paths."""
    code = """
from django.test import RequestFactory
from eventbooking_system import wsgi
for path in ("/healthz/", "/nothing/" + "x" * 1000):
    print(wsgi.Handler().resolve_request(RequestFactory().get(path)).func.__name__)
print(wsgi._cached.cache_info().currsize)
"""
    assert start(DEVELOPMENT, code).stdout.split() == ["healthz", "not_found", "1"]


def test_the_cache_of_the_tests_is_in_process():
    assert isinstance(caches["default"], LocalCache)


def test_the_start_prints_no_warning_of_a_check():
    code = (
        "from django.core.checks import run_checks\n"
        "print([w.id for w in run_checks(databases=['default']) if not w.is_silenced()])"
    )
    started = start(DEVELOPMENT, code)
    assert started.stdout.strip() == "[]", started.stderr
