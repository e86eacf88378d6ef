"""The WSGI application. Under ASGI, Django opens a connection per request: it is not offered."""

import gc
import os

from django.conf import settings
from django.core.cache import close_caches
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, reset_queries
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
request_finished.disconnect(close_caches)  # Neither of ours has anything to close.
if not settings.DEBUG:  # Otherwise no queries are kept.
    request_started.disconnect(reset_queries)
if settings.REQUESTS_AT_ONCE:
    # It lends connections, and looks at each then.
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    application = LoadShedder(
        application, at_once=settings.REQUESTS_AT_ONCE, waiting=settings.REQUESTS_WAITING
    )
