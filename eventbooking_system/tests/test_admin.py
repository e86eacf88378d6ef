"""Tests of admin forms with any input."""

import pytest
from django.contrib import admin
from django.urls import reverse

# Fields of admin forms with a related id.
RELATIONS = [
    ("events_event", "genres"),
    ("bookings_promocode", "shows"),
    ("bookings_promocode", "events"),
    ("venues_screen", "venue"),
    ("shows_show", "event"),
    ("shows_show", "screen"),
]
WRONG = ["x", "99999999999999999999999", "-1", "\0", "1.5"]


@pytest.mark.parametrize(("model", "name"), RELATIONS)
def test_admin_form_refuses_an_invalid_id_at_its_field(boss, model, name) -> None:
    for wrong in WRONG:
        response = boss.post(reverse(f"admin:{model}_add"), {name: [wrong]})
        assert response.status_code == 200
        assert name in response.context["adminform"].form.errors


def test_no_other_relation_is_looked_up_by_a_field_that_completes(boss) -> None:
    known = {name for _, name in RELATIONS}
    completing = {
        name for site in admin.site._registry.values() for name in site.autocomplete_fields
    }
    assert completing <= known


@pytest.mark.parametrize(
    "model",
    ["events_event", "events_genre", "shows_show", "users_user", "venues_screen", "venues_venue"],
)
def test_no_list_asks_the_database_for_what_it_cannot_be_asked(boss, model) -> None:
    path = reverse(f"admin:{model}_changelist")
    for wrong in WRONG[:4]:
        sent = {"action": "delete_selected", "_selected_action": [wrong]}
        assert boss.post(path, sent).status_code == 400
    for name in ("id", "kind__exact", "country"):
        assert boss.get(path, {name: "\0"}).status_code == 400
    # Neither the page of an earlier version nor the list of versions.
    for wrong in ("x", "99999999999999999999", "%00"):
        for page in ("history/", "history/1/", "change/", "delete/"):
            assert boss.get(f"{path}{wrong}/{page}").status_code in (302, 404)
