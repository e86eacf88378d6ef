"""The WSGI application. There is no ASGI one: Django would open a connection for each request."""

import gc
import os
from functools import lru_cache

import django
from django.conf import settings
from django.core.cache import close_caches
from django.core.handlers.base import reset_urlconf
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, reset_queries
from django.http import HttpRequest
from django.urls import ResolverMatch, get_resolver

from eventbooking_system.db.connection_pool import install_pool
from eventbooking_system.db.lanes import limit_lanes
from eventbooking_system.server.load_shedding import SHARES, LoadShedder
from eventbooking_system.server.request_bodies import BodyReader

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eventbooking_system.settings")

# The system's paths are shorter. Longer ones are not cached, as they could fill the memory.
MAX_CACHED_PATH = 200


class Handler(WSGIHandler):
    """Django's handler with a cache of the paths that it resolved last."""

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        path = request.path_info
        is_short = len(path) <= MAX_CACHED_PATH
        request.resolver_match = _cached(path) if is_short else _resolve(path)
        return request.resolver_match


def _resolve(path: str) -> ResolverMatch:
    return get_resolver().resolve(path)


_cached = lru_cache(maxsize=2000)(_resolve)


django.setup(set_prefix=False)
application = Handler()
# Everything that is loaded now stays loaded, so the garbage collector need not look at it again. The
# first use of the resolver loads the views.
_ = get_resolver().url_patterns
gc.collect()
gc.freeze()
gc.set_threshold(20_000)
request_finished.disconnect(close_caches)  # The cache backends have nothing to close.
request_finished.disconnect(reset_urlconf)  # Each request sets it anew.
if not settings.DEBUG:  # Only DEBUG records queries.
    request_started.disconnect(reset_queries)
if settings.REQUESTS_AT_ONCE:
    install_pool(size=settings.REQUESTS_AT_ONCE, shares=SHARES)  # The pool checks each connection.
    limit_lanes(settings.REQUESTS_AT_ONCE)
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    application = LoadShedder(
        application,
        at_once=settings.REQUESTS_AT_ONCE,
        waiting=settings.REQUESTS_WAITING,
        payments=settings.PAYMENTS_AT_ONCE,
    )
application = BodyReader(application)
