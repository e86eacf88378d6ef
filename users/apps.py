"""The app of accounts and logins."""

from django.apps import AppConfig


class UsersConfig(AppConfig):
    name = "users"
