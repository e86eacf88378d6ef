"""The system's settings, with the app that removes the protection named in SABOTAGE."""

from eventbooking_system.settings import *  # noqa: F403
from eventbooking_system.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "benchmarks.sabotage.apps.SabotageConfig"]
