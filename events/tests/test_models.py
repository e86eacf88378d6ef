import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from events.models import Genre
from events.tests.factories import EventFactory, GenreFactory

pytestmark = pytest.mark.django_db


def test_genres_that_differ_only_in_case_are_one() -> None:
    GenreFactory(name="Drama")
    with pytest.raises(IntegrityError), transaction.atomic():
        Genre.objects.create(name="DRAMA")
    assert Genre.objects.count() == 1


@pytest.mark.parametrize("cast", [{"a": 1}, "Tilda", [1], [" "], ["x" * 101], ["x"] * 201])
def test_a_cast_is_a_list_of_names(cast: object) -> None:
    with pytest.raises(ValidationError) as refusal:
        EventFactory.build(cast=cast).full_clean()
    assert list(refusal.value.message_dict) == ["cast"]


def test_a_poster_is_on_the_web() -> None:
    with pytest.raises(ValidationError) as refusal:
        EventFactory.build(poster_url="ftp://example.org/a.jpg").full_clean()
    assert list(refusal.value.message_dict) == ["poster_url"]


def test_events_and_genres_are_called_by_their_names() -> None:
    assert str(EventFactory(title="Heat")) == "Heat"
    assert str(GenreFactory(name="Noir")) == "Noir"
