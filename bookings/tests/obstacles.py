"""Changes of a show or of a login that forbid a hold."""

from django.db.models.functions import Now

from shows.models import Show
from users.models import User
from users.tests.factories import UserFactory


def changed(**fields):
    def change(show: Show) -> None:
        Show.objects.filter(pk=show.pk).update(**fields)

    return change


def unpublished(show: Show) -> None:
    type(show.event).objects.filter(pk=show.event_id).update(is_published=False)


def ended(user: User) -> None:
    user.login_sessions.update(ended_at=Now())


def deactivated(user: User) -> None:
    User.objects.update(is_active=False)


def another_password(user: User) -> None:
    User.objects.update(password="another")


def somebody_else(user: User) -> None:
    user.login_sessions.update(user=UserFactory())
