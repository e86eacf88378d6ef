"""The halls that a process keeps in its memory."""

import pytest

from shows import halls
from shows.halls import get_hall
from shows.tests.factories import scheduled_show
from venues.services import replace_layout
from venues.tests.factories import ScreenFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def shows():
    """Schedule twenty shows, each in another hall."""
    screens = [ScreenFactory() for _ in range(20)]
    for screen in screens:
        rows = [{"row": "A", "seats": 4, "category": "Gold"}]
        replace_layout(screen_id=screen.pk, document={"rows": rows})
    return [scheduled_show(screen=screen) for screen in screens]


def test_all_halls_of_a_city_are_kept_at_once(shows, django_assert_num_queries):
    for show in shows:
        get_hall(show.pk)

    with django_assert_num_queries(len(shows)):  # One for the version of each.
        found = [get_hall(show.pk) for show in shows]

    assert all(hall.seats for hall in found)


def test_the_hall_that_was_not_asked_for_longest_is_dropped_first(
    shows, django_assert_num_queries, monkeypatch
):
    first, second, third = shows[:3]
    size = 100 + len(get_hall(first.pk).seats)
    monkeypatch.setattr(halls, "MAX_SEATS", 2 * size)
    for show in (first, second, first, third):
        get_hall(show.pk)

    with django_assert_num_queries(2):
        get_hall(first.pk)
        get_hall(third.pk)
    with django_assert_num_queries(4):  # The version, the focal point, the seats and the areas.
        get_hall(second.pk)
