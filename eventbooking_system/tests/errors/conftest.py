"""Fixtures of tests of errors."""

import pytest
from django.test import Client


@pytest.fixture(params=[False, True], ids=["production", "debug"])
def mode(request, settings) -> bool:
    """Run a test with and without DEBUG, whose pages must never appear."""
    settings.DEBUG = request.param
    return request.param


@pytest.fixture
def browser() -> Client:
    return Client(raise_request_exception=False, enforce_csrf_checks=True)
