"""Ticket types as staff write them, and as buyers read them."""

from decimal import Decimal

import pytest

from audit.models import Entry
from eventbooking_system.testing.problems import assert_problem
from shows.models import TicketType
from shows.services import save_ticket_type
from shows.tests.factories import scheduled_show
from venues.tests.factories import VenueFactory

pytestmark = pytest.mark.django_db
URL = "/api/shows/ticket-types/"


@pytest.mark.sqlite
def test_staff_add_change_list_and_delete_ticket_types(boss_api) -> None:
    venue = VenueFactory()
    adult = boss_api.post(URL, {"code": "adult", "name": "Adult"})
    assert adult.status_code == 201, adult.content
    assert adult.json() == {
        "id": adult.json()["id"], "venue": None, "code": "adult", "name": "Adult",
        "min_per_booking": 1, "max_per_booking": None, "max_per_show": None, "needs": None,
        "per_needed": 1, "no_fee": False, "channels": ["web", "box_office"], "proof_text": "",
        "minimum_age": None, "position": 0,
    }  # fmt: skip
    body = {
        "venue": venue.pk, "code": "carer", "name": "Carer", "max_per_booking": 1,
        "needs": adult.json()["id"], "no_fee": True, "channels": ["box_office"],
        "proof_text": "Card of the companion", "minimum_age": 16,
    }  # fmt: skip
    carer = boss_api.post(URL, body)
    assert carer.status_code == 201, carer.content
    assert body.items() <= carer.json().items()
    url = f"{URL}{carer.json()['id']}/"
    changed = boss_api.patch(url, {"channels": ["web"], "max_per_show": 4})
    assert changed.json() == boss_api.get(url).json()
    assert (changed.json()["channels"], changed.json()["max_per_show"]) == (["web"], 4)
    names = [kind["name"] for kind in boss_api.get(URL, {"venue": venue.pk}).json()["results"]]
    assert set(names) == {"Adult", "Carer"}
    assert_problem(boss_api.delete(f"{URL}{adult.json()['id']}/"), 409, "in_use")
    assert boss_api.delete(url).status_code == 204
    assert boss_api.delete(f"{URL}{adult.json()['id']}/").status_code == 204
    assert not TicketType.objects.exists()
    actions = set(Entry.objects.values_list("action", flat=True))
    assert {"ticket_types.add", "ticket_types.change", "ticket_types.delete"} <= actions


@pytest.mark.parametrize(
    ("field", "terms"),
    [
        ("code", {"code": "a b"}),
        ("code", {"code": "adult"}),
        ("name", {"name": "Adult"}),
        ("name", {"name": ""}),
        ("min_per_booking", {"min_per_booking": 0}),
        ("max_per_booking", {"max_per_booking": 1, "min_per_booking": 2}),
        ("max_per_show", {"max_per_show": 1, "min_per_booking": 2}),
        ("needs", {"needs": 10**9}),
        ("channels", {"channels": []}),
        ("channels.0", {"channels": ["phone"]}),
        ("minimum_age", {"minimum_age": 121}),
        ("per_needed", {"per_needed": 0}),
        ("venue", {"venue": 10**9}),
        ("colour", {"colour": "red"}),
    ],
)
def test_a_wrong_ticket_type_is_refused_and_nothing_is_written(boss_api, field, terms) -> None:
    save_ticket_type(code="adult", name="Adult")
    body = {"code": "child", "name": "Child", **terms}
    assert_problem(boss_api.post(URL, body), 400, "invalid", field=field)
    assert TicketType.objects.count() == 1


def test_a_type_needs_another_type_of_its_venue(boss_api) -> None:
    elsewhere = save_ticket_type(venue=VenueFactory(), code="adult", name="Adult")
    child = save_ticket_type(venue=VenueFactory(), code="child", name="Child")
    for needed in (elsewhere, child):
        refused = boss_api.patch(f"{URL}{child.pk}/", {"needs": needed.pk})
        assert_problem(refused, 400, "invalid", field="needs")
    child.refresh_from_db()
    assert child.needs is None


def test_only_staff_with_the_permission_see_and_write_ticket_types(
    api, customer_api, staff_api
) -> None:
    for client, status in ((api, 401), (customer_api, 403), (staff_api("view_tickettype"), 403)):
        answer = client.post(URL, {"code": "adult", "name": "Adult"})
        assert answer.status_code == status
    assert api.get(URL).status_code == 401
    assert not TicketType.objects.exists()


def test_a_show_and_its_seat_map_have_the_rules_of_its_types(api) -> None:
    prices = {"Gold": {"Adult": Decimal(9), "child": Decimal(5), "Student": Decimal(7)}}
    show = scheduled_show(prices=prices, price="9")
    adult = save_ticket_type(code="adult", name="Adult")
    save_ticket_type(
        code="child", name="Child under 12", needs=adult, per_needed=2, proof_text="A passport",
        minimum_age=3, max_per_booking=4,
    )  # fmt: skip
    plain = {
        "min_per_booking": 1, "max_per_booking": None, "max_per_show": None, "needs": None,
        "no_fee": False, "channels": ["web", "box_office"], "proof_text": "", "minimum_age": None,
    }  # fmt: skip
    wanted = [
        {"ticket_type": "Adult", "code": "adult", "name": "Adult", **plain},
        {
            "ticket_type": "child", "code": "child", "name": "Child under 12", **plain,
            "needs": {"ticket_type": "Adult", "ratio": 2}, "proof_text": "A passport",
            "minimum_age": 3, "max_per_booking": 4,
        },
        {"ticket_type": "Student", "code": "", "name": "Student", **plain},
    ]  # fmt: skip
    assert api.get(f"/api/shows/{show.pk}/").json()["ticket_types"] == wanted
    assert api.get(f"/api/shows/{show.pk}/seats/").json()["ticket_types"] == wanted


@pytest.mark.django_db(transaction=True)
def test_a_changed_type_is_at_once_in_cached_answers(api, boss_api) -> None:
    show = scheduled_show(prices={"Gold": {"Adult": Decimal(9)}})
    kind = save_ticket_type(code="adult", name="Adult")
    urls = [f"/api/shows/{show.pk}/", f"/api/shows/{show.pk}/seats/"]
    before = [api.get(url).json()["ticket_types"][0]["proof_text"] for url in urls]
    assert before == ["", ""]
    assert boss_api.patch(f"{URL}{kind.pk}/", {"proof_text": "A card"}).status_code == 200
    after = [api.get(url).json()["ticket_types"][0]["proof_text"] for url in urls]
    assert after == ["A card", "A card"]


def test_the_admin_refuses_rules_that_contradict_each_other(boss) -> None:
    url = "/admin/shows/tickettype/"
    form = {
        "name": "Child", "code": "child", "position": "0", "min_per_booking": "2", "max_per_booking": "1",
        "per_needed": "1", "on_web": "on",
    }  # fmt: skip
    page = boss.post(f"{url}add/", form)
    assert page.status_code == 200 and "less than the minimum" in page.content.decode()
    assert not TicketType.objects.exists()
    assert boss.post(f"{url}add/", {**form, "max_per_booking": "4"}).status_code == 302
    kind = TicketType.objects.get()
    page = boss.get(f"{url}{kind.pk}/change/").content.decode()
    assert "At box office" in page and boss.get(url).status_code == 200
    neither = {name: value for name, value in form.items() if name != "on_web"}
    page = boss.post(f"{url}{kind.pk}/change/", {**neither, "max_per_booking": "4"})
    assert "at least one channel" in page.content.decode()
