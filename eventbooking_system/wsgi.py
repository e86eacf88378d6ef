"""The WSGI application. Under ASGI, Django opens a connection per request: it is not offered."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from eventbooking_system.shedding import LoadShedder

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eventbooking_system.settings")

application = get_wsgi_application()
if settings.REQUESTS_AT_ONCE:
    application = LoadShedder(
        application, at_once=settings.REQUESTS_AT_ONCE, waiting=settings.REQUESTS_WAITING
    )
