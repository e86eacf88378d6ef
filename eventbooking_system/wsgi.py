"""The WSGI application. Under ASGI, Django opens a connection per request: it is not offered."""

import gc
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from eventbooking_system.shedding import LoadShedder

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eventbooking_system.settings")

application = get_wsgi_application()
# What is loaded now stays: the garbage collector need not go through it with every few requests. Views
# are loaded with the first path that is resolved.
_ = get_resolver().url_patterns
gc.collect()
gc.freeze()
gc.set_threshold(20_000)
if settings.REQUESTS_AT_ONCE:
    application = LoadShedder(
        application, at_once=settings.REQUESTS_AT_ONCE, waiting=settings.REQUESTS_WAITING
    )
