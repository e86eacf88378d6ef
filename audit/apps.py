"""The app that records what staff do."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "audit"
    verbose_name = "Audit"

    def ready(self) -> None:
        # The models are not loaded before this point.
        from audit.recording import record_at_admin
        from eventbooking_system.admin import register_recorder

        register_recorder(record_at_admin)
