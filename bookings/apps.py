from django.apps import AppConfig

from users.export import register_export


class BookingsConfig(AppConfig):
    name = "bookings"

    def ready(self) -> None:
        # The models are not loaded before this point.
        from bookings.export import bookings_of

        register_export("bookings", bookings_of)
