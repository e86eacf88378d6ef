"""The system's settings, with one protection removed. SABOTAGE names it."""

from eventbooking_system.settings import *  # noqa: F403
from eventbooking_system.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "benchmarks.sabotage.apps.SabotageConfig"]
