from django.urls import path

from users import views

urlpatterns = [
    path("register/", views.RegistrationViewSet.as_view({"post": "create"})),
    path("login/", views.LoginViewSet.as_view({"post": "create"})),
    path("token/refresh/", views.TokenRefreshViewSet.as_view({"post": "create"})),
    path("logout/", views.LogoutViewSet.as_view({"post": "create"})),
    path(
        "me/",
        views.MeViewSet.as_view(
            {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
        ),
    ),
    path("me/export/", views.ExportViewSet.as_view({"get": "retrieve"})),
    path("password/change/", views.PasswordChangeViewSet.as_view({"post": "create"})),
    path("password/reset/", views.PasswordResetViewSet.as_view({"post": "create"})),
    path(
        "password/reset/confirm/",
        views.PasswordResetConfirmationViewSet.as_view({"post": "create"}),
    ),
]
