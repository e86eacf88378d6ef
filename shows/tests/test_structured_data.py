"""The availability that a show tells to search engines."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from shows.archiving import archive_show
from shows.models import Show, ShowSeat
from shows.services import change_show
from shows.tests.factories import scheduled_show, write_state
from venues.models import SeatCategory
from venues.tests.factories import hall

pytestmark = pytest.mark.django_db


@pytest.fixture
def show() -> Show:
    screen = hall({"A": 2, "B": 2})
    silver = SeatCategory.objects.create(screen=screen, name="Silver", position=1)
    screen.seats.filter(row="B").update(category=silver)
    prices = {"Gold": {"": Decimal(250)}, "Silver": {"Adult": Decimal(180), "Child": Decimal(90)}}
    return scheduled_show(screen=screen, prices=prices)


def availability(api, show: Show) -> dict[str, str]:
    data = api.get(f"/api/shows/{show.pk}/").json()["structured_data"]
    prefix = "https://schema.org/"
    assert all(offer["availability"].startswith(prefix) for offer in data["offers"])
    return {offer["name"]: offer["availability"].removeprefix(prefix) for offer in data["offers"]}


def sell(show: Show, category: str) -> None:
    write_state(ShowSeat.objects.filter(show=show, seat__category__name=category), status="blocked")


def test_each_category_says_whether_it_has_seats(api, show) -> None:
    sell(show, "Silver")
    expected = {"Gold": "InStock", "Silver Adult": "SoldOut", "Silver Child": "SoldOut"}
    assert availability(api, show) == expected
    page = api.get(f"/shows/{show.pk}/").content.decode()
    assert page.count("https://schema.org/SoldOut") == 2
    assert page.count("https://schema.org/InStock") == 1


def test_before_sales_open_seats_are_for_pre_order(api, show) -> None:
    opens = timezone.now().replace(microsecond=0) + timedelta(hours=1)
    Show.objects.update(sales_open_at=opens)
    sell(show, "Silver")
    expected = {"Gold": "PreOrder", "Silver Adult": "SoldOut", "Silver Child": "SoldOut"}
    assert availability(api, show) == expected
    offer = api.get(f"/api/shows/{show.pk}/").json()["structured_data"]["offers"][0]
    assert offer["validFrom"].endswith("+05:30")
    assert datetime.fromisoformat(offer["validFrom"]) == opens
    assert datetime.fromisoformat(offer["availabilityEnds"]) == show.start_time


@pytest.mark.parametrize("state", ["closed", "cancelled"])
def test_a_show_that_is_no_longer_on_sale_is_out_of_stock(api, show, state) -> None:
    now = timezone.now()
    changes = {
        "closed": {"sales_close_at": now - timedelta(minutes=1)},
        "cancelled": {"status": "cancelled", "cancelled_at": now},
    }
    Show.objects.update(**changes[state])
    assert set(availability(api, show).values()) == {"OutOfStock"}


def test_an_archived_show_still_says_something(api, show) -> None:
    ago = timezone.now() - timedelta(days=30)
    Show.objects.update(
        start_time=ago, end_time=ago + timedelta(hours=2), occupied_until=ago + timedelta(hours=3)
    )
    assert archive_show(show_id=show.pk)
    assert set(availability(api, show).values()) == {"OutOfStock"}


def test_the_show_and_each_offer_have_the_address_where_it_is_booked(api, show, settings) -> None:
    settings.FRONTEND_URL = "https://tickets.example.org"
    data = api.get(f"/api/shows/{show.pk}/").json()["structured_data"]
    address = f"https://tickets.example.org/shows/{show.pk}/"
    assert data["url"] == address and {offer["url"] for offer in data["offers"]} == {address}


def test_a_moved_show_has_its_earlier_start_until_it_moves_back(api, show) -> None:
    first = show.start_time
    data = api.get(f"/api/shows/{show.pk}/").json()["structured_data"]
    assert data["eventStatus"].endswith("EventScheduled") and "previousStartDate" not in data
    change_show(show_id=show.pk, start_time=first + timedelta(hours=1))
    data = api.get(f"/api/shows/{show.pk}/").json()["structured_data"]
    assert data["eventStatus"].endswith("EventRescheduled")
    assert datetime.fromisoformat(data["previousStartDate"]) == first
    assert datetime.fromisoformat(data["startDate"]) == first + timedelta(hours=1)
    change_show(show_id=show.pk, start_time=first)
    data = api.get(f"/api/shows/{show.pk}/").json()["structured_data"]
    assert data["eventStatus"].endswith("EventScheduled") and "previousStartDate" not in data


def test_a_draft_has_no_earlier_start(show) -> None:
    change_show(show_id=show.pk, publication=Show.Publication.DRAFT)
    change_show(show_id=show.pk, start_time=show.start_time + timedelta(hours=1))
    show.refresh_from_db()
    assert show.previous_start_time is None


def test_an_offer_is_valid_from_the_time_when_its_show_is_published(api, show) -> None:
    published = timezone.now().replace(microsecond=0) - timedelta(hours=1)
    Show.objects.update(publish_at=published)
    offer = api.get(f"/api/shows/{show.pk}/").json()["structured_data"]["offers"][0]
    assert datetime.fromisoformat(offer["validFrom"]) == published
