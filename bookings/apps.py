from django.apps import AppConfig

from users.erasure import register_erasure
from users.export import register_export
from users.mail_queue import register_mail_queue


class BookingsConfig(AppConfig):
    name = "bookings"

    def ready(self) -> None:
        # The models are not loaded before this point.
        from bookings.export import bookings_of, erase_customer_of, held_tickets_of
        from bookings.services.erasing import erase_free_text, erase_transfers_of
        from bookings.services.outbox.accounts import erase_account_mails_of, queue_account_mail

        register_mail_queue(queue_account_mail)
        register_export("bookings", bookings_of)
        register_export("held_tickets", held_tickets_of)
        register_erasure(erase_customer_of)
        register_erasure(erase_free_text)
        register_erasure(erase_transfers_of)
        register_erasure(erase_account_mails_of)
