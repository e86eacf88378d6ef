"""The forms of the staff's pages, whatever is sent."""

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from users.tests.factories import StaffFactory

# What forms of staff choose by typing.
RELATIONS = [
    ("events_event", "genres"),
    ("bookings_promocode", "shows"),
    ("bookings_promocode", "events"),
    ("venues_screen", "venue"),
    ("shows_show", "event"),
    ("shows_show", "screen"),
]
WRONG = ["x", "99999999999999999999999", "-1", "\0", "1.5"]


@pytest.fixture
def staff(db: Any) -> Client:
    client = Client()
    client.force_login(StaffFactory(), backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize(("model", "name"), RELATIONS)
def test_what_is_no_id_of_a_row_is_an_error_of_its_field(staff, model, name) -> None:
    for wrong in WRONG:
        response = staff.post(reverse(f"admin:{model}_add"), {name: [wrong]})
        assert response.status_code == 200
        assert name in response.context["adminform"].form.errors


def test_no_other_relation_is_looked_up_by_a_field_that_completes(staff) -> None:
    known = {name for _, name in RELATIONS}
    completing = {
        name for site in admin.site._registry.values() for name in site.autocomplete_fields
    }
    assert completing <= known
