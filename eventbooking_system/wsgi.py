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
from eventbooking_system.server.load_shedding import SHARES, LoadShedder

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eventbooking_system.settings")

# Ours are shorter: with what else is asked for, the memory could be filled.
LONGEST_REMEMBERED = 200


class Handler(WSGIHandler):
    """Django's, which remembers where the paths lead that were asked for last."""

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        path = request.path_info
        is_usual = len(path) <= LONGEST_REMEMBERED
        request.resolver_match = _remembered(path) if is_usual else _resolved(path)
        return request.resolver_match


def _resolved(path: str) -> ResolverMatch:
    return get_resolver().resolve(path)


_remembered = lru_cache(maxsize=2000)(_resolved)


django.setup(set_prefix=False)
application = Handler()
# What is loaded now stays: the garbage collector need not go through it with every few requests. Views
# are loaded with the first path that is resolved.
_ = get_resolver().url_patterns
gc.collect()
gc.freeze()
gc.set_threshold(20_000)
request_finished.disconnect(close_caches)  # Neither of ours has anything to close.
request_finished.disconnect(reset_urlconf)  # There is one, which each request sets anew.
if not settings.DEBUG:  # Otherwise no queries are kept.
    request_started.disconnect(reset_queries)
if settings.REQUESTS_AT_ONCE:
    install_pool(size=settings.REQUESTS_AT_ONCE, shares=SHARES)  # It looks at each connection.
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    application = LoadShedder(
        application,
        at_once=settings.REQUESTS_AT_ONCE,
        waiting=settings.REQUESTS_WAITING,
        payments=settings.PAYMENTS_AT_ONCE,
    )
