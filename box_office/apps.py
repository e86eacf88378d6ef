from django.apps import AppConfig


class BoxOfficeConfig(AppConfig):
    name = "box_office"
    verbose_name = "Box office"

    def ready(self) -> None:
        # The models are not loaded before this point.
        from bookings.invariants import register_checks
        from box_office.invariants import CHECKS

        register_checks(CHECKS)
