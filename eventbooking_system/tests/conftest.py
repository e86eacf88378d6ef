from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.cache import caches

from eventbooking_system.cache import backends as cache
from eventbooking_system.tests.redis_server import running_redis


@pytest.fixture
def use_cache(settings) -> Iterator[Callable[[str], None]]:
    """Return a function that sets the cache until the test ends. The cache has its own keys."""

    def use(url: str) -> None:
        cache.retry_at_once()
        backend = "eventbooking_system.cache.backends.RedisCache"
        settings.CACHES = {
            "default": {"BACKEND": backend, "LOCATION": url, "KEY_PREFIX": uuid4().hex}
        }

    yield use
    for made in caches.all(initialized_only=True):
        made.close()


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    with running_redis(tmp_path) as url:
        yield url
