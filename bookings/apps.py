from django.apps import AppConfig

from users.erasure import register_erasure
from users.export import register_export


class BookingsConfig(AppConfig):
    name = "bookings"

    def ready(self) -> None:
        # The models are not loaded before this point.
        from bookings.export import bookings_of, erase_customer_of, held_tickets_of
        from bookings.services.erasing import erase_free_text, erase_transfers_of

        register_export("bookings", bookings_of)
        register_export("held_tickets", held_tickets_of)
        register_erasure(erase_customer_of)
        register_erasure(erase_free_text)
        register_erasure(erase_transfers_of)
