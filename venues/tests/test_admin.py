import json
from inspect import unwrap
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.forms import BaseInlineFormSet, model_to_dict
from django.test.utils import CaptureQueriesContext

from shows.tests.factories import scheduled_show
from users.tests.factories import StaffFactory
from venues.admin import ScreenAdmin
from venues.models import Screen, Seat, SeatCategory, Venue
from venues.services import replace_layout
from venues.tests.factories import ScreenFactory, VenueFactory, hall

pytestmark = pytest.mark.django_db
DOCUMENT = {"rows": [{"row": "A", "seats": 3, "category": "Gold"}]}
OTHER_DOCUMENT = {"rows": [{"row": "A", "seats": 4, "category": "Gold"}]}


def layout_of(screen: Screen) -> str:
    return f"/admin/venues/screen/{screen.pk}/layout/"


def test_the_pages_open(boss: Any) -> None:
    screen = hall()
    for path in (
        "venue/", "venue/add/", f"venue/{screen.venue_id}/change/", "venue/?q=regal",
        f"venue/{screen.venue_id}/history/", "screen/", "screen/add/",
        f"screen/{screen.pk}/change/", f"screen/{screen.pk}/history/", "screen/?q=regal",
        f"screen/{screen.pk}/layout/", "seat/", f"seat/?screen__id__exact={screen.pk}",
        "seat/?q=A",
    ):  # fmt: skip
        assert boss.get(f"/admin/venues/{path}").status_code == 200, path


@pytest.mark.parametrize("page", ["venue/", "screen/", "seat/"])
def test_a_list_takes_as_many_queries_for_many_rows(
    boss: Any, django_assert_num_queries: Any, page: str
) -> None:
    hall()
    path = f"/admin/venues/{page}"
    boss.get(path)
    with CaptureQueriesContext(connection) as few:
        boss.get(path)
    for _ in range(10):
        hall()
    with django_assert_num_queries(len(few)):
        boss.get(path)


def test_a_venue_takes_as_many_queries_for_many_screens(
    boss: Any, django_assert_num_queries: Any
) -> None:
    venue = hall().venue
    path = f"/admin/venues/venue/{venue.pk}/change/"
    boss.get(path)
    with CaptureQueriesContext(connection) as few:
        boss.get(path)
    for _ in range(10):
        hall(venue=venue)
    with django_assert_num_queries(len(few)):
        boss.get(path)


def test_a_venue_that_makes_no_sense_is_refused(boss: Any) -> None:
    form = {
        "name": "Regal", "slug": "regal", "city": "Mumbai", "country": "IN",
        "timezone": "Asia/Kolkata", "fee_per_ticket": "0", "fee_per_booking": "0",
        "tax_rate": "0", "refund_percent": "100", "refund_cutoff_hours": 2,
        "cleaning_minutes": 15, "screens-TOTAL_FORMS": 0, "screens-INITIAL_FORMS": 0,
        "business_day_starts_at": "06:00", "week_starts_on": 4,
    }  # fmt: skip
    for wrong in ({"country": "UK"}, {"timezone": "Mars"}, {"latitude": "5"}):
        response = boss.post("/admin/venues/venue/add/", form | wrong)
        assert response.context["adminform"].form.errors
    assert not Venue.objects.exists()
    assert boss.post("/admin/venues/venue/add/", form).status_code == 302


def test_a_layout_is_replaced_by_the_service(boss: Any) -> None:
    screen = ScreenFactory()
    response = boss.post(layout_of(screen), {"document": json.dumps(DOCUMENT)})
    assert response.status_code == 302
    assert Seat.objects.count() == 3
    assert '"seats": 3' in boss.get(layout_of(screen)).context["form"].initial["document"]


def test_the_faults_of_a_layout_are_shown(boss: Any) -> None:
    screen = ScreenFactory()
    wrong = {"rows": [{"row": "A", "seats": 0, "category": "Gold"}]}
    response = boss.post(layout_of(screen), {"document": json.dumps(wrong)})
    assert "rows.0.seats" in response.content.decode()
    assert "Malformed JSON" in boss.post(layout_of(screen), {"document": "{"}).content.decode()
    assert not Seat.objects.exists()


def test_a_new_version_of_a_layout_is_asked_for(boss: Any) -> None:
    screen = scheduled_show(rows={"A": 4}).screen
    form = {"document": json.dumps(DOCUMENT), "new_version": "on"}
    assert boss.post(layout_of(screen), form).status_code == 302
    assert (screen.seats.count(), Seat.objects.count()) == (3, 7)
    for path in ("seat/", f"screen/{screen.pk}/change/", f"venue/{screen.venue_id}/change/"):
        assert boss.get(f"/admin/venues/{path}").status_code == 200


@pytest.mark.parametrize(
    "text", ['{"rows": "\\ud800"}', '{"\\ud800": 1}', '{"rows": NaN}', '{"zones": [], "a": 1e999}',
             '{"zones": "\\u0000"}', '{"zones": ' + "[" * 3000 + "]" * 3000 + "}"],
)  # fmt: skip
def test_a_layout_that_cannot_be_kept_is_refused(boss: Any, text: str) -> None:
    screen = ScreenFactory()
    response = boss.post(layout_of(screen), {"document": text})
    assert response.status_code == 200
    assert response.context["form"].errors
    screen.refresh_from_db()
    assert screen.layout is None


def test_seats_in_use_are_shown(boss: Any) -> None:
    screen = scheduled_show(rows={"A": 4}).screen
    response = boss.post(layout_of(screen), {"document": json.dumps(DOCUMENT)})
    assert "A 4" in response.content.decode()
    assert Seat.objects.count() == 4


def test_a_layout_needs_the_permission_to_change_screens(client: Any) -> None:
    screen = ScreenFactory()
    user = StaffFactory(is_superuser=False)
    user.user_permissions.add(Permission.objects.get(codename="view_screen"))
    client.force_login(user)
    response = client.post(layout_of(screen), {"document": json.dumps(DOCUMENT)})
    assert response.status_code == 403
    assert not Seat.objects.exists()
    client.logout()
    assert client.get(layout_of(screen)).status_code == 302


def test_seats_can_only_be_looked_at(boss: Any) -> None:
    seat = hall().seats.first()
    assert boss.get("/admin/venues/seat/add/").status_code == 403
    assert boss.post(f"/admin/venues/seat/{seat.pk}/change/", {"row": "Z"}).status_code == 403
    assert boss.post(f"/admin/venues/seat/{seat.pk}/delete/", {"post": "yes"}).status_code == 403
    seat.refresh_from_db()
    assert seat.row == "A"


def test_a_screen_keeps_its_venue_and_the_names_of_its_categories(boss: Any) -> None:
    screen, other = hall(), VenueFactory()
    category = screen.seat_categories.get()
    response = boss.post(
        f"/admin/venues/screen/{screen.pk}/change/",
        {
            "venue": other.pk, "name": "Arena", "seat_categories-TOTAL_FORMS": 1,
            "seat_categories-INITIAL_FORMS": 1, "seat_categories-0-id": category.pk,
            "seat_categories-0-screen": screen.pk, "seat_categories-0-name": "Platinum",
            "seat_categories-0-color": "#112233", "seat_categories-0-position": 4,
            "house_seats-TOTAL_FORMS": 0, "house_seats-INITIAL_FORMS": 0,
        },
    )  # fmt: skip
    assert response.status_code == 302
    changed = Screen.objects.get(pk=screen.pk)
    assert (changed.name, changed.venue_id) == ("Arena", screen.venue_id)
    assert SeatCategory.objects.values_list("name", "color", "position").get() == (
        "Gold", "#112233", 4,
    )  # fmt: skip


def test_a_screen_keeps_the_layout_that_it_got_while_its_page_was_saved(
    boss: Any, monkeypatch: Any
) -> None:
    screen = hall()
    replace_layout(screen_id=screen.pk, document=DOCUMENT)
    scheduled_show(screen=screen)
    read = ScreenAdmin.get_object

    def read_and_replace(*args: Any) -> Screen:
        found = read(*args)
        unwrap(replace_layout)(screen_id=screen.pk, document=OTHER_DOCUMENT, new_version=True)
        return found

    monkeypatch.setattr(ScreenAdmin, "get_object", read_and_replace)
    path = f"/admin/venues/screen/{screen.pk}/change/"
    inline = {
        f"{rows}-{name}_FORMS": 0
        for rows in ("seat_categories", "house_seats")
        for name in ("TOTAL", "INITIAL")
    }
    assert boss.post(path, {"name": "The large hall", **inline}).status_code == 302
    screen.refresh_from_db()
    assert (screen.name, screen.layout.document) == ("The large hall", OTHER_DOCUMENT)


def test_the_screens_of_a_venue_keep_the_layouts_that_they_got_meanwhile(
    boss: Any, monkeypatch: Any
) -> None:
    screen = hall()
    replace_layout(screen_id=screen.pk, document=DOCUMENT)
    scheduled_show(screen=screen)
    check = BaseInlineFormSet.is_valid

    def check_and_replace(formset: BaseInlineFormSet) -> bool:
        is_valid = check(formset)
        unwrap(replace_layout)(screen_id=screen.pk, document=OTHER_DOCUMENT, new_version=True)
        return is_valid

    monkeypatch.setattr(BaseInlineFormSet, "is_valid", check_and_replace)
    fields = model_to_dict(screen.venue, exclude=["latitude", "longitude", "refund_rules"])
    inline = {
        "screens-TOTAL_FORMS": 1, "screens-INITIAL_FORMS": 1, "screens-0-id": screen.pk,
        "screens-0-venue": screen.venue_id, "screens-0-name": "The large hall",
    }  # fmt: skip
    path = f"/admin/venues/venue/{screen.venue_id}/change/"
    assert boss.post(path, {**fields, **inline}).status_code == 302
    screen.refresh_from_db()
    assert (screen.name, screen.layout.document) == ("The large hall", OTHER_DOCUMENT)
