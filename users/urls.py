"""The paths under /api/users/."""

from django.urls import path

from users.views.accounts import ExportViewSet, GuestViewSet, MeViewSet, RegistrationViewSet
from users.views.addresses import (
    EmailChangeViewSet,
    EmailVerificationMailViewSet,
    EmailVerificationViewSet,
)
from users.views.passwords import (
    PasswordChangeViewSet,
    PasswordResetConfirmationViewSet,
    PasswordResetViewSet,
)
from users.views.phones import PhoneVerificationViewSet
from users.views.second_factor import SecondFactorViewSet
from users.views.sessions import LoginViewSet, LogoutViewSet, TokenRefreshViewSet

CREATE = {"post": "create"}
ME = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
SECOND_FACTOR = {"get": "retrieve", "post": "create", "delete": "destroy"}

urlpatterns = [
    path("register/", RegistrationViewSet.as_view(CREATE)),
    path("guest/", GuestViewSet.as_view(CREATE)),
    path("login/", LoginViewSet.as_view(CREATE)),
    path("token/refresh/", TokenRefreshViewSet.as_view(CREATE)),
    path("logout/", LogoutViewSet.as_view(CREATE)),
    path("me/", MeViewSet.as_view(ME)),
    path("me/export/", ExportViewSet.as_view({"get": "retrieve"})),
    path("email/verify/", EmailVerificationViewSet.as_view(CREATE)),
    path("email/verify/resend/", EmailVerificationMailViewSet.as_view(CREATE)),
    path("email/change/", EmailChangeViewSet.as_view(CREATE)),
    path("phone/verify/", PhoneVerificationViewSet.as_view(CREATE)),
    path("phone/verify/resend/", PhoneVerificationViewSet.as_view({"post": "resend"})),
    path("second-factor/", SecondFactorViewSet.as_view(SECOND_FACTOR)),
    path("second-factor/confirm/", SecondFactorViewSet.as_view({"post": "confirm"})),
    path("second-factor/verify/", SecondFactorViewSet.as_view({"post": "verify"})),
    path("password/change/", PasswordChangeViewSet.as_view(CREATE)),
    path("password/reset/", PasswordResetViewSet.as_view(CREATE)),
    path("password/reset/confirm/", PasswordResetConfirmationViewSet.as_view(CREATE)),
]
