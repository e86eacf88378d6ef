from django.apps import AppConfig

from events.expansion import register_expansion


class ShowsConfig(AppConfig):
    name = "shows"

    def ready(self) -> None:
        # The models are not loaded before this point.
        from shows.expansion import shows_of_events

        register_expansion("shows", shows_of_events)
