"""The second factor of logins by cookie."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from users.models import User
from users.services import last_use_in_cookie


class SecondFactorMiddleware:
    """
    A middleware that sets when the session last used a code.

    It comes after AuthenticationMiddleware.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        request.user = SimpleLazyObject(lambda: self._with_login(request, user))
        return self.get_response(request)

    @staticmethod
    def _with_login(request: HttpRequest, user: User) -> User:
        if user.is_authenticated:
            user.set_login(last_use_in_cookie(request.session))
        return user
