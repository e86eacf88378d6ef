import factory

from events.models import Event, Genre


class GenreFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Genre
        django_get_or_create = ["name"]

    name = "Drama"


class EventFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Event

    kind = "movie"
    title = factory.Sequence(lambda n: f"Film {n}")
    slug = factory.Sequence(lambda n: f"film-{n}")
    duration_minutes = 120
    is_published = True
