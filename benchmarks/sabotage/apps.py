"""The app that sabotages each process of a server that has it."""

import os

from django.apps import AppConfig


class SabotageConfig(AppConfig):
    name = "benchmarks.sabotage"

    def ready(self) -> None:
        from benchmarks.sabotage.patches import SABOTAGES

        SABOTAGES[os.environ["SABOTAGE"]]()
